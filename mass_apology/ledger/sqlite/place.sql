-- Where the ledger was last sent from; see place.py.

-- name: begin
INSERT INTO origin (id, ledger, host, folder, device, inode) VALUES (1, :ledger, :host, :folder, :device, :inode);

-- name: place
SELECT host, folder, device, inode FROM origin;

-- name: move
UPDATE origin SET host = :host, folder = :folder, device = :device, inode = :inode;
