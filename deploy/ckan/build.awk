# Of a lock, the entries of what builds packages. They are installed first, so that a source package is built by what is pinned.
/^[^ ]/ {on = /^(setuptools|wheel)==/} on
