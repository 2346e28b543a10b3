"""Files → documents: plain text and Markdown (also templates), HTML, mails and mailboxes."""
