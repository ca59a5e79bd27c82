# cython: language_level=3, cdivision=True
"""The heads that nearly all are, read and written as the data plane's modules in Python do, in less time.

Rules of this file:
1. It refuses nothing: what is not usual, or not surely so, is left to those modules.
2. What it does read has the same reading there, which a property test holds against it for any bytes.
3. What is a rule, such as which fields go no further, is handed to it by those modules; there is no list of it here.
   What is known here besides, as which responses have no body, makes a head unusual.
4. A pointer is into bytes that a variable or an attribute holds, and each length is compared before it is used.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp, memcpy


cdef inline bint _is_space(char byte) noexcept nogil:
    # What `bytes.rstrip` takes off.
    return byte == 32 or 9 <= byte <= 13


cdef inline char* _put(char* to, bytes what) noexcept:
    cdef Py_ssize_t size = PyBytes_GET_SIZE(what)
    memcpy(to, PyBytes_AS_STRING(what), size)
    return to + size


cdef inline char* _end_line(char* to) noexcept:
    to[0] = b"\r"
    to[1] = b"\n"
    return to + 2


cdef inline char* _put_field(char* to, bytes name, bytes value) noexcept:
    to = _put(to, name)
    to[0] = b":"
    to[1] = b" "
    return _end_line(_put(to + 2, value))


@cython.final
@cython.freelist(8)
@cython.no_gc  # It refers to nothing that could refer to it.
cdef class _Fields:
    """What the parser finds, each field compared in place with what came."""

    cdef bytes data
    cdef Py_ssize_t at, end
    cdef list names, values
    cdef bint is_plain, is_complete

    # What the parser asks for; an attribute that is missing costs more than one that says None.
    on_body = on_chunk_complete = on_chunk_header = on_headers_complete = on_message_begin = on_status = on_url = None

    def on_header(self, bytes name not None, bytes value not None):
        cdef Py_ssize_t named = PyBytes_GET_SIZE(name), size = PyBytes_GET_SIZE(value)
        cdef const char* text = PyBytes_AS_STRING(value)
        cdef const char* came
        if not self.is_plain or self.end - self.at < named + size + 4:
            self.is_plain = False
            return
        came = PyBytes_AS_STRING(self.data) + self.at
        if (
            memcmp(came, PyBytes_AS_STRING(name), named) != 0
            or came[named] != b":" or came[named + 1] != b" "
            or memcmp(came + named + 2, text, size) != 0
            or came[named + size + 2] != b"\r" or came[named + size + 3] != b"\n"
            # A space behind a value is not part of it.
            or (size > 0 and _is_space(text[size - 1]))
        ):
            self.is_plain = False
            return
        self.at += named + size + 4
        self.names.append(name)
        self.values.append(value)

    def on_message_complete(self):
        self.is_complete = True


@cython.final
cdef class PlainHeads:
    """Reads heads that are plain, as `postern_dataplane.http1.plain_head` does."""

    cdef object _match, _layouts, _parser, _errors, _make
    cdef dict _methods
    cdef tuple _kept_alive

    def __init__(self, *, match, dict methods not None, layouts, tuple kept_alive not None, parser, errors, make):
        self._match = match
        self._methods = methods
        self._layouts = layouts
        self._kept_alive = kept_alive
        self._parser = parser
        self._errors = errors
        self._make = make

    def read(self, bytes data not None, Py_ssize_t fields_max, Py_ssize_t body_bytes=0):
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
        cdef bytes name, path
        if not 0 <= body_bytes <= size:
            return None
        line = self._match(data)
        if line is None:
            return None
        name, path = <tuple?>line.groups()
        method = self._methods.get(name)
        if method is None:
            return None
        cdef _Fields fields = _Fields.__new__(_Fields)
        fields.data = data
        fields.at = line.end()
        fields.end = size - body_bytes - 2
        fields.names = []
        fields.values = []
        fields.is_plain = True
        try:
            feed = self._parser(fields).feed_data
            feed(PyBytes_FromStringAndSize(PyBytes_AS_STRING(data), size - 1))
            if fields.is_complete:
                return None
            # It was the last byte that completed the message: nothing is behind it.
            feed(data[-1:])
        except self._errors:
            return None
        if not fields.is_complete or not fields.is_plain or fields.at != fields.end:
            return None
        cdef tuple values = tuple(fields.values)
        layout = self._layouts[tuple(fields.names)]
        if not layout.is_plain or len(values) > fields_max:
            return None
        # In the one spelling of a length that has no other reading.
        place = layout.content_length
        announced = None if place is None else values[place]
        if announced != (b"%d" % body_bytes if body_bytes else None):
            return None
        place = layout.connection
        if place is not None and values[place] not in self._kept_alive:
            return None
        return self._make(method, path.decode("ascii"), layout, values, body_bytes or None)


@cython.final
cdef class Responses:
    """Reads response heads that are usual, as `otherwise` does, which reads all others."""

    cdef object _otherwise, _make, _date, _keep_alive_s, _length, _chunked, _until_close
    cdef frozenset _read_here, _options
    cdef Py_ssize_t _fields_max, _bytes_max
    # Of which lengths the names are that are read here, by bits.
    cdef unsigned long long _lengths

    def __init__(
        self, *, otherwise, make, date, keep_alive_s, framings, frozenset read_here not None,
        frozenset options not None, Py_ssize_t fields_max, Py_ssize_t bytes_max
    ):
        self._otherwise = otherwise
        self._make = make
        self._date = date
        self._keep_alive_s = keep_alive_s
        self._length, self._chunked, self._until_close = framings
        self._read_here = read_here
        self._options = options
        self._fields_max = fields_max
        self._bytes_max = bytes_max
        self._lengths = 0
        for name in read_here:
            if len(name) > 63:
                raise ValueError("a name has more than 63 bytes")
            self._lengths |= 1ULL << <unsigned int>len(name)

    def read(self, int status, bytes phrase not None, fields, *, str method not None, http_minor, closes, written=()):
        cdef _Sorted found
        if 200 <= status <= 999 and status != 204 and status != 304 and method != "HEAD":
            found = self._sort(tuple(fields))
            if found is not None:
                response = self._response(found, status, phrase, bool(http_minor), bool(closes), tuple(written))
                if response is not None:
                    return response
        return self._otherwise(
            status, phrase, fields, method=method, http_minor=http_minor, closes=closes, written=written
        )

    cdef _Sorted _sort(self, tuple fields):
        """The fields of a usual response, None for another one."""
        cdef _Sorted found = _Sorted.__new__(_Sorted)
        cdef bytes name, value, lowered
        cdef Py_ssize_t size
        cdef tuple field
        if len(fields) > self._fields_max:
            return None
        found.kept = []
        for field in fields:
            name, value = field
            size = len(name)
            if size < 64 and (self._lengths >> size) & 1:
                lowered = name.lower()
                if lowered in self._read_here and lowered != b"date":
                    if not self._take(found, lowered, value):
                        return None
                    continue
                found.has_date = found.has_date or lowered == b"date"
            found.add(name, value)
        return None if found.is_chunked and found.length is not None else found

    cdef bint _take(self, _Sorted found, bytes name, bytes value) except -1:
        """Keep what a field says that goes no further; whether it is usual."""
        if name == b"content-length":
            if found.length is not None or not value.isdigit():
                return False
            found.length = value
        elif name == b"connection":
            return value.lower() in self._options
        elif name == b"transfer-encoding":
            if found.is_chunked or value.lower() != b"chunked":
                return False
            found.is_chunked = True
        elif name == b"keep-alive":
            found.keep_alive = value
        return True

    cdef _response(self, _Sorted found, int status, bytes phrase, bint is_1_1, bint closes, tuple written):
        """The response, None for one that is not usual after all."""
        for name, value in written:
            found.add(name, value)
        upstream = self._chunked if found.is_chunked else self._until_close if found.length is None else self._length
        client = upstream
        if found.length is None:
            client = self._chunked if is_1_1 else self._until_close
        closes = closes or client is self._until_close
        if client is self._chunked:
            found.add(b"Transfer-Encoding", b"chunked")
        elif found.length is not None:
            found.add(b"Content-Length", found.length)
        if not found.has_date:
            found.add(b"Date", self._date())
        if closes:
            found.add(b"Connection", b"close")
        elif not is_1_1:
            found.add(b"Connection", b"keep-alive")
        head = found.head(status, phrase, self._bytes_max)
        if head is None:
            return None
        kept_s = self._keep_alive_s(found.keep_alive) if found.keep_alive else None
        return self._make(status, upstream, client, closes, head, kept_s)


@cython.final
@cython.freelist(8)
@cython.no_gc  # It refers to nothing that could refer to it.
cdef class _Sorted:
    """The fields of a response head: those that go on, as names and values in turn, and what the others say."""

    cdef list kept
    cdef bytes length, keep_alive
    cdef bint has_date, is_chunked
    cdef Py_ssize_t size

    cdef int add(self, bytes name, bytes value) except -1:
        if name is None or value is None:
            raise TypeError("a field has a name and a value")
        self.size += PyBytes_GET_SIZE(name) + PyBytes_GET_SIZE(value) + 4
        self.kept.append(name)
        self.kept.append(value)
        return 0

    cdef bytes head(self, int status, bytes phrase, Py_ssize_t bytes_max):
        """The head with its blank line, None for one that is too large, or has a line end within a line."""
        cdef Py_ssize_t at, count = len(self.kept), size = PyBytes_GET_SIZE(phrase) + self.size + 17
        cdef Py_ssize_t feeds = 0, returns = 0
        cdef bytes head
        cdef char* first
        cdef char* to
        if size > bytes_max:
            return None
        head = PyBytes_FromStringAndSize(NULL, size)
        first = PyBytes_AS_STRING(head)
        to = _put(first, b"HTTP/1.1 ")
        to[0] = 48 + status // 100
        to[1] = 48 + status // 10 % 10
        to[2] = 48 + status % 10
        to[3] = b" "
        to = _end_line(_put(to + 4, phrase))
        for at in range(0, count, 2):
            to = _put_field(to, <bytes>self.kept[at], <bytes>self.kept[at + 1])
        _end_line(to)
        for at in range(size):
            feeds += first[at] == b"\n"
            returns += first[at] == b"\r"
        # The first line, half as many as there are names and values, and the blank one.
        return head if feeds == returns == count // 2 + 2 else None
