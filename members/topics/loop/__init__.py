"""From a wish to a story: `proposals` (propose, admit, decline, assign), `merging`, `stories` (what came of it),
`following` (who asked for it), `telling` (each of them hears of a step once)."""
