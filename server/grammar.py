"""The clause grammar of a record: a language in which every sentence is true of its patient.

Each fact of the record stands in one of several written frames, each fact exactly once; the model
chooses the order, the frame and the connectives. Nothing else can be said.
"""
