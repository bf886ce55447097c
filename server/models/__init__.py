"""Language models, each behind `base.LanguageModel`."""
