"""Stories told entry by entry: the verbs and the stream readers get."""
