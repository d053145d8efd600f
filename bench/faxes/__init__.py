"""Faxes made up for training and for measuring, apart from the committed samples: `python -m bench.faxes --help`."""
