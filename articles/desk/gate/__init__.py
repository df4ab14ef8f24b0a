"""The gate as the desk sees it: who may read what, which rules do nothing, why a reader sees a wall."""
