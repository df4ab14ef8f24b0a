"""The scenes of the demo paper's drawings, by place; `newsroom.demo.drawing` is the way in."""
