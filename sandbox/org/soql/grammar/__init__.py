"""The grammar of SOQL: tokens, the syntax tree, and the parser."""
