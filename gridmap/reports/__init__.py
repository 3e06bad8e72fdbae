"""Reports: a report is a plain value; writers turn it into files."""
