"""An office's own forms: workbooks with placeholders or known headings, filled from the register and kept."""
