"""Letters as mailmerge (github.com/awdeorio/mailmerge) writes them, and its template in our Jinja."""
