"""An orchestrator in Python that knows session.h alone: session_player.py LIBRARY OPTIONS EXPERIMENTS

Does what session_player.c does.
"""
import ctypes as c
import sys


class String(c.Structure):
    _fields_ = [("data", c.c_char_p), ("size", c.c_size_t)]

    def text(self):
        return c.string_at(self.data, self.size).decode()


class Error(c.Structure):
    _fields_ = [("struct_size", c.c_uint32), ("data", c.c_void_p), ("capacity", c.c_size_t), ("size", c.c_size_t)]


class Run(c.Structure):
    _fields_ = [("struct_size", c.c_uint32), ("state", c.c_int32), ("cycle", c.c_int32),
                ("experiment", c.c_int64), ("config_hash", String), ("config_summary", String),
                ("result_stem", String), ("config", String), ("memory", c.c_void_p)]


class Event(c.Structure):
    _fields_ = [("struct_size", c.c_uint32), ("state", c.c_int32), ("run", c.c_uint64), ("time_us", c.c_int64),
                ("attributes", String), ("result", String), ("result_file", String),
                ("result_extension", String), ("is_in_place", c.c_int32), ("error_type", String),
                ("error_message", String)]


RUNNING, COMPLETED = 1, 2
message = c.create_string_buffer(4096)
error = Error(c.sizeof(Error), c.addressof(message), 4096, 0)


def string(text):
    raw = text.encode()
    return String(raw, len(raw))


def check(status, what):
    if status:
        sys.exit(f"{what}: status {status}: {message.raw[:error.size].decode()}")


def main(library, options, experiments):
    lib = c.CDLL(library)
    lib.study_session_free.argtypes = [c.c_void_p]
    session = c.c_uint64()
    check(lib.study_session_open(string(options), string(experiments), c.byref(session), c.byref(error)), "open")
    count = c.c_size_t()
    check(lib.study_session_pending(session, None, c.c_size_t(0), c.byref(count), c.byref(error)), "pending")
    left = (c.c_uint64 * (count.value + 1))()
    check(lib.study_session_pending(session, left, count, c.byref(count), c.byref(error)), "pending")
    for number in left[:count.value]:
        run = Run(struct_size=c.sizeof(Run))
        check(lib.study_session_run(session, c.c_uint64(number), c.byref(run), c.byref(error)), "run")
        name = run.config_hash.text()
        lib.study_session_free(run.memory)
        check(lib.study_session_mark(session, c.c_uint64(number), c.c_int32(RUNNING), c.c_int64(0), c.byref(error)),
              "running")
        print("begin", name, flush=True)
        event = Event(struct_size=c.sizeof(Event), state=COMPLETED, run=number,
                      attributes=string('{"worker": "python"}'), result=string(f'{{"number": {number}}}'))
        check(lib.study_session_event(session, c.byref(event), c.byref(error)), "completed")
        print("end", name, flush=True)
    check(lib.study_session_end(session, c.c_int32(-1), c.c_int64(0), c.byref(error)), "end")
    lib.study_session_close(session)


main(*sys.argv[1:])
