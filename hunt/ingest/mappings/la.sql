-- Rows that have the table's own column names.
generic j
