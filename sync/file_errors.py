"""What the system says of files that cannot be read or written, in the reader's words and with the way to mend it."""

import errno

from kpi_engine.message import Message, message

_REASONS = {
    errno.ENOENT: message("there is no such file or folder; make it, or name another"),
    errno.ENOTDIR: message("a part of this path is a file, not a folder; name another"),
    errno.EACCES: message("this user may not read or write it; change its rights, or name another"),
    errno.EROFS: message("nothing can be written there; name another place"),
    errno.ENOSPC: message("the disk is full; make room, then try again"),
    errno.EFBIG: message("the file may not grow any more; raise the limit of its size, then try again"),
}


def why(error: OSError) -> Message | str:
    """Return what is wrong and what to do; of a rare error what the system says, in its own words."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)
