"""British English with a clock of 24 hours, as everywhere else on the desk and in the paper."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATETIME_FORMAT = "d/m/Y H:i"
