"""Parts of the fax generator: sheets to draw on, page layouts, line damage, and the files that carry them."""
