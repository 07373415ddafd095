# SPDX-License-Identifier: Apache-2.0
"""The hostile plugins: one line a case. run.py does with each what a user would."""
from signal import SIGABRT, SIGILL, SIGKILL, SIGSEGV

import files

REFUSED, UNCHANGED, HALFWAY, NO_CONNECTION, USAGE = 11, 6, 7, 12, 2


class Case:
    do = ""  # HOSTILE: CALL.DEED,...
    code = REFUSED  # exit code of `godwit upgrade` with the plugin, or -signal
    says = ()  # each is part of what it writes to standard error
    plugin = "hostile"  # the file that is loaded
    prepare = None  # gets the project, and changes what lies there
    word = "trust"  # why it may run: "trust" was said; a "pin" in a configuration that is named; ""
    then = ""  # on the word from the plugin: "kill", "interrupt", "leave"
    journalled = False  # the migrations commit statement by statement
    memory = 0  # MiB that the process may have; 0: as many as there are
    once = False  # it says so one time
    quiet = False  # it took standard error away
    seen = ()  # what the call that reports has found
    swap = ""  # the file that takes the plugin's place once that is checked, and before it is loaded
    backend = "hostile"  # or "sqlite", where the plugin is no driver
    command = ("upgrade",)
    arguments = ()  # before it
    isolation = ("none",)  # one test for each: add "process" where a process of its own is to hold it

    def __init__(self, name, do="", code=REFUSED, says=(), **others):
        unknown = [key for key in others if not hasattr(Case, key)]
        assert not unknown, unknown
        self.name, self.do, self.code, self.says = name, do, code, says
        self.__dict__.update(others)


def load_cases():
    sentence = "this godwit serves 1.0"
    yield Case("right", code=0)
    # ---- the file ----
    yield Case("major-old", word="pin", plugin="major-0", says=("needs plugin ABI 0.0", sentence))
    yield Case("major-future", word="pin", plugin="major-2", says=("needs plugin ABI 2.0", sentence))
    yield Case("minor-future", word="pin", plugin="minor-1", says=("needs plugin ABI 1.1", sentence))
    yield Case("no-note", word="pin", plugin="no-note", says=("has no .note.godwit",))
    yield Case("no-entry", word="pin", plugin="no-entry", says=("exports no 'godwit_plugin_v1'",))
    yield Case("two-entries", word="pin", plugin="two-exports", prepare=files.same_name, says=("exports more than one",))
    yield Case("second-export", plugin="two-exports", code=0)
    yield Case("unresolved", plugin="unresolved", says=("cannot be loaded: ", "nobody_has_this", "ldd"))
    yield Case("runpath-relative", word="pin", plugin="runpath-relative", says=("'lib'",))
    yield Case("runpath-origin", word="pin", plugin="runpath-origin", says=("'$ORIGIN/lib'",))
    yield Case("runpath-open", word="pin", plugin="runpath-open", says=("'/tmp'",))
    yield Case("other-machine", word="pin", prepare=files.other_machine, says=("was built for another machine",))
    yield Case("other-class", word="pin", prepare=files.other_class, says=("was built for another machine",))
    yield Case("truncated", word="pin", prepare=files.truncated, says=("is cut off or damaged",))
    yield Case("only-header", word="pin", prepare=files.only_header, says=("is cut off or damaged",))
    yield Case("empty-file", word="pin", prepare=files.empty, says=("is not a shared object",))
    yield Case("text-file", word="pin", prepare=files.text, says=("is not a shared object",))
    yield Case("folder", word="pin", prepare=files.folder, says=("is not a regular file",))
    yield Case("fifo", word="pin", prepare=files.fifo, says=("is not a regular file",))
    yield Case("device", word="pin", prepare=files.device, says=("is not a regular file",))
    yield Case("socket", word="pin", prepare=files.socket, says=("is not a regular file",))
    yield Case("symlink-loop", word="pin", prepare=files.symlink_loop, says=("cannot find the plugin file",))
    yield Case("missing", word="pin", prepare=files.missing, says=("cannot find the plugin file",))
    yield Case("huge-file", word="pin", prepare=files.huge, says=("no plugin has more than",))
    # ---- where it lies, and whose word it has ----
    yield Case("untrusted", word="", says=("that you have not trusted", "godwit plugin trust hostile"))
    yield Case("exchanged", prepare=files.exchanged, says=("has changed since it was trusted",))
    yield Case("pinned", word="pin", code=0)
    yield Case("pin-of-another", word="pin", prepare=files.pinned_other,
               says=("is not the file that was pinned",))
    yield Case("open-folder", prepare=files.open_folder, says=("others may write into the folder",))
    yield Case("open-file", prepare=files.open_file, says=("others may write to",))
    yield Case("set-id", prepare=files.set_id, says=("is set-id",))
    yield Case("bare-name", prepare=files.path_is("hostile.so"), code=USAGE, says=("is a bare name",))
    yield Case("empty-path", prepare=files.path_is(""), code=USAGE, says=("is empty",))
    yield Case("swapped", code=0, swap="major-2.so")
    yield Case("swapped-pinned", word="pin", code=0, swap="major-2.so")
    yield Case("two-names", prepare=files.second_entry, code=0)


def shape_cases():
    # ---- the descriptor ----
    texts = "a text of its descriptor is too long or not valid UTF-8"
    size = "the struct_size of its descriptor is out of range"
    table = "the struct_size of an interface is out of range"
    for deed, code, said in (
            ("size_0", REFUSED, size), ("size_small", REFUSED, size), ("size_larger", 0, ""),
            ("size_most", REFUSED, size), ("table_0", REFUSED, table), ("table_small", REFUSED, "lacks the required"),
            ("table_larger", 0, ""), ("table_most", REFUSED, table), ("id_null", REFUSED, "has no id"),
            ("id_empty", REFUSED, "has no id"), ("id_invalid", REFUSED, texts), ("id_long", REFUSED, texts),
            ("version_null", REFUSED, "has no version"), ("version_long", REFUSED, texts),
            ("summary_invalid", REFUSED, texts), ("lying_major", REFUSED, "needs plugin ABI 2.0"),
            ("lying_minor", REFUSED, "needs plugin ABI 1.1"),
            ("list_null", REFUSED, "provides no interface"), ("list_empty", REFUSED, "provides no interface"),
            ("list_endless", REFUSED, "list of interfaces does not end"),
            ("list_twice", REFUSED, "'godwit.driver/1' is there twice"),
            ("list_no_table", REFUSED, "an interface has no table"), ("list_bad_id", REFUSED, "NAME/REVISION"),
            ("list_long_id", REFUSED, "NAME/REVISION"), ("list_other_kind", REFUSED, "name different kinds"),
            ("list_newer", REFUSED, "is not a database driver")):
        yield Case("shape-" + deed.replace("_", "-"), "shape." + deed, code, (said,))
    for slot in ("open", "run", "interrupt", "dialect", "types"):
        yield Case("slot-" + slot, "slot." + slot, says=(f"lacks the required '{slot}' of godwit.driver/1",))
    for deed, said in (("types_holes", "types"), ("dialect_long", "dialect"), ("dialect_bad", "dialect"),
                       ("table_options_long", "table_options")):
        yield Case("slot-" + deed.replace("_", "-"), "slot." + deed, says=(f"'{said}' of godwit.driver/1 ",))
    # ---- options ----
    size = "the size of its table of options is out of range"
    for deed, said in (
            ("stride_small", size), ("stride_odd", size), ("stride_most", size), ("count_most", size),
            ("table_null", size), ("key_null", "the key of an option"), ("key_bad", "the key of an option"),
            ("twice", "an option is there twice: 'port'"), ("default_outside", "which is the default of: 'port'"),
            ("default_wrong", "which is the default of: 'mode'"), ("type", "unknown type: 'wait'"),
            ("bounds", "a minimum above its maximum: 'port'"), ("doc_long", "a text of an option is too long")):
        yield Case("option-" + deed.replace("_", "-"), "option." + deed, says=(said,))
    yield Case("entry-null", "entry.null", says=("returned no descriptor",))


def ending_cases():
    """It ends the process, or never returns."""
    for call, where, code in (("constructor", "while it was loaded", REFUSED), ("entry", "while it was loaded", REFUSED),
                              ("init", "in 'init'", REFUSED), ("open", "in 'open'", NO_CONNECTION),
                              ("info", "in 'info'", NO_CONNECTION), ("split", "in 'split'", UNCHANGED),
                              ("lock", "in 'lock'", UNCHANGED), ("quote", "in 'quote'", UNCHANGED), ("query", "in 'query'", UNCHANGED),
                              ("run", "in 'run'", UNCHANGED), ("work", "in 'run'", UNCHANGED), ("flush", "in 'flush'", UNCHANGED),
                              ("unlock", "in 'unlock'", UNCHANGED), ("close", "in 'close'", UNCHANGED),
                              ("fini", "in 'fini'", UNCHANGED)):
        yield Case(f"{call}-exit", f"{call}.exit", code, (f"plugin 'hostile' ended the program {where}",))
        yield Case(f"{call}-crash", f"{call}.crash", -SIGSEGV, (f"plugin 'hostile' crashed (SIGSEGV) {where}",))
    yield Case("thread-exit", "work.thread_exit", UNCHANGED, ("a thread of a plugin or of a library ended the program",))
    yield Case("fork-exit", "work.fork_exit", 0)
    yield Case("run-quick-exit", "work.quick_exit", UNCHANGED, ("ended the program in 'run'",))
    yield Case("work-bomb", "work.bomb", UNCHANGED, ("out of memory",), memory=256)
    yield Case("run-_exit", "work._exit", 0)  # nobody can tell: see docs/plugins.md
    yield Case("run-abort", "work.abort", -SIGABRT, ("crashed (SIGABRT) in 'run'",))
    yield Case("constructor-abort", "constructor.abort", -SIGABRT, ("crashed (SIGABRT) while it was loaded",))
    yield Case("run-trap", "work.trap", -SIGILL, ("crashed (SIGILL) in 'run'",))
    yield Case("run-overflow", "work.overflow", -SIGSEGV, ("crashed (SIGSEGV) in 'run'",))
    yield Case("run-kill", "work.kill", -SIGKILL)
    yield Case("journalled-exit", "work.exit", HALFWAY, ("ended the program in 'run'",), journalled=True)
    yield Case("journalled-exit-late", "work.exit_late", HALFWAY, ("ended the program in 'run'",), journalled=True)
    yield Case("exit-late", "work.exit_late", UNCHANGED, ("ended the program in 'run'",))
    yield Case("journalled-crash", "work.crash", -SIGSEGV, ("crashed (SIGSEGV) in 'run'",), journalled=True)
    for call in ("constructor", "init", "open", "info", "quote", "split", "run", "work", "query", "lock", "flush", "unlock", "close"):
        yield Case(f"{call}-loop", f"{call}.loop", -SIGKILL, then="kill")


def answer_cases():
    """What it returns or hands over means nothing."""
    for call, code in (("init", REFUSED), ("open", NO_CONNECTION), ("info", NO_CONNECTION), ("split", UNCHANGED),
                       ("quote", UNCHANGED),
                       ("lock", UNCHANGED), ("query", UNCHANGED), ("run", UNCHANGED), ("work", UNCHANGED),
                       ("flush", UNCHANGED), ("unlock", UNCHANGED)):
        function = "run" if call == "work" else call
        yield Case(f"{call}-silent", f"{call}.silent", code, (f"{function} returned -1000 without a message",))
        yield Case(f"{call}-wild", f"{call}.wild", code, (f"{function} returned 77, which means nothing",))
    yield Case("run-least", "work.least", UNCHANGED, ("run returned -2147483648 without a message",))
    yield Case("run-badly", "work.badly", UNCHANGED, ("bad ",))
    for call, code in (("init", REFUSED), ("open", NO_CONNECTION), ("lock", UNCHANGED), ("flush", UNCHANGED)):
        yield Case(f"{call}-stop", f"{call}.stop", code, (f"{call} returned 1, which means nothing",))
    yield Case("run-stop", "work.stop", UNCHANGED, ("run told of 0 of",))
    yield Case("run-nothing", "work.nothing", UNCHANGED, ("run told of 0 of",))
    yield Case("run-range", "work.range", UNCHANGED, ("run told of statement",))
    yield Case("run-twice", "work.twice", UNCHANGED, ("run told of statement 1 twice",))
    yield Case("run-fails-late", "work.fails_late", UNCHANGED, ("run returned -1000 without a message",))
    yield Case("work-lies", "work.lies", UNCHANGED, ("has no record of it",))
    yield Case("query-echo", "query.echo", 0)
    yield Case("query-echo-ghost", "query.echo", 0, prepare=files.ghost)
    yield Case("open-nothing", "open.nothing", NO_CONNECTION, ("open gave no connection",))
    for deed in ("null_text", "null_key", "null_field"):
        yield Case("info-" + deed.replace("_", "-"), "info." + deed, NO_CONNECTION, ("info gave",))
    yield Case("info-huge", "info.huge", 0)
    for deed in ("backwards", "outside", "far", "overlap"):
        yield Case("split-" + deed, "split." + deed, UNCHANGED, ("split gave the range", "out of order"))
    for deed, said in (("null_text", "gave a text without bytes"), ("flood", "gave a text of more than")):
        yield Case("quote-" + deed.replace("_", "-"), "quote." + deed, UNCHANGED, ("quote " + said,))
    for deed in ("null_text", "null_blob", "long_text", "kind", "null_cells", "few", "many", "none"):
        yield Case("query-" + deed.replace("_", "-"), "query." + deed, UNCHANGED, ("query gave",))


def process_cases():
    """It changes what belongs to the whole process: that is put back."""
    unchanged = ("umask 022", "locale C\n", "thread 1", "blocked 0", "handler 0")
    for deed, said in (("mask", "the mask of signals"), ("handler", "the handler of a signal"), ("umask", "the umask"),
                       ("folder", "the working directory"), ("locale", "the locale")):
        yield Case(f"info-{deed}", f"info.{deed},work.report", 0, (f"plugin 'hostile' changed {said} in 'info'",),
                   seen=unchanged)
        yield Case(f"constructor-{deed}", f"constructor.{deed},work.report", 0,
                   (f"plugin 'hostile' changed {said} while it was loaded",), seen=unchanged)
    yield Case("work-umask-told-once", "work.umask", 0, ("changed the umask in 'run'",), once=True)
    for deed in ("mask", "handler"):
        yield Case(f"{deed}-then-interrupt", f"info.{deed},work.wait", UNCHANGED, ("cancelled, as asked",),
                   then="interrupt")
    yield Case("wait-then-interrupt", "work.wait", UNCHANGED, ("cancelled, as asked",), then="interrupt")
    for deed in ("close_standard", "exchange_standard"):
        yield Case("info-" + deed.replace("_", "-"), f"info.{deed}", 0,
                   ("changed a standard file in 'info'",))
    yield Case("lock-close-all", "lock.close_all", UNCHANGED, quiet=True)
    yield Case("run-close-all", "work.close_all", UNCHANGED, quiet=True)
    yield Case("constructor-print", "constructor.print", 0)
    yield Case("run-print-json", "work.print", 0, arguments=("--json",))
    yield Case("run-shout", "work.shout", 0)
    yield Case("run-fork", "work.fork", 0, then="leave")
    yield Case("crash-after-fork", "work.fork,flush.crash", -SIGSEGV, then="leave")


def guest_cases():
    """Validators, hooks and backups, as far as the command goes with them."""
    info = ("plugin", "info", "hostile")
    for kind, slots in (("validator", ("check",)), ("hook", ("handle",)), ("backup", ("take", "restore"))):
        guest = {"plugin": kind, "backend": "sqlite", "command": info}
        yield Case(f"{kind}-right", code=0, **guest)
        for slot in slots:
            yield Case(f"{kind}-slot-{slot}", f"slot.{slot}", REFUSED,
                       (f"lacks the required '{slot}' of godwit.{kind}/1",), **guest)
        yield Case(f"{kind}-constructor-exit", "constructor.exit", REFUSED, ("ended the program while it was loaded",), **guest)
        yield Case(f"{kind}-entry-crash", "entry.crash", -SIGSEGV, ("crashed (SIGSEGV) while it was loaded",), **guest)
        yield Case(f"{kind}-constructor-mask", "constructor.mask", 0, ("changed the mask of signals",), **guest)


def isolated_cases():
    """In a process of its own. A hook that has gone holds up the run at its gate, before anything has changed."""
    info = {"backend": "sqlite", "command": ("plugin", "info", "hostile"), "isolation": ("process",)}
    for kind in ("validator", "hook", "backup"):
        guest = {"plugin": kind, **info}
        yield Case(f"{kind}-away", code=0, **guest)
        for deed, says in DEATHS.items():
            if deed == "thread_exit":  # waits for the loader, which waits for the constructor
                says = DEATHS["loop"]
            yield Case(f"{kind}-away-constructor-{deed}", f"constructor.{deed}", REFUSED, (says, "while it was loaded"), **guest)
            yield Case(f"{kind}-away-entry-{deed}", f"entry.{deed}", REFUSED, (DEATHS[deed], "while it was loaded"), **guest)
    hook = {"plugin": "hook", "backend": "sqlite", "isolation": ("process",)}
    yield Case("hook-told", code=0, **hook)
    for call, code in (("init", REFUSED), ("open", UNCHANGED), ("handle", UNCHANGED)):
        for deed, says in {**DEATHS, **ANSWERS}.items():
            yield Case(f"hook-{call}-{deed}", f"{call}.{deed}", code, (says,), **hook)
    for deed in ("mask", "handler", "umask", "folder", "locale", "close_standard", "exchange_standard", "print", "shout",
                 "fork", "fork_exit"):
        yield Case(f"hook-handle-{deed}", f"handle.{deed}", 0, **hook)
    for deed in DEATHS:
        yield Case(f"hook-close-{deed}", f"close.{deed}", 0, **hook)


DEATHS = {"exit": "exited with 0", "_exit": "exited with 0", "quick_exit": "exited with 0", "thread_exit": "exited with 0",
          "crash": "died (SIGSEGV)", "abort": "died (SIGABRT)", "trap": "died (SIGILL)", "overflow": "died (SIGSEGV)",
          "kill": "died (SIGKILL)", "loop": "missed its deadline", "bomb": "ran out of memory"}
ANSWERS = {"silent": "without a message", "wild": "means nothing", "least": "without a message", "badly": "bad ",
           "close_all": "exited with 0"}


def all_cases():
    for group in (load_cases, shape_cases, ending_cases, answer_cases, process_cases, guest_cases, isolated_cases):
        yield from group()
