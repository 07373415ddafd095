// SPDX-License-Identifier: 0BSD
//! my-plugin: a word that no migration may hold.
mod godwit;

use godwit::*;
use std::os::raw::c_void;
use std::ptr::null;

/// Where word first stands in text at or behind from.
fn find(text: &[u8], word: &[u8], from: usize) -> Option<usize> {
    let windows = text.get(from..)?.windows(word.len());
    windows.into_iter().position(|window| window == word).map(|at| from + at)
}

/// An instance is its word.
unsafe extern "C" fn open(call: *mut Call, setup: *const Setup, out: *mut *mut c_void) -> Status {
    guarded(call, || {
        let word = (*setup).text(0).unwrap_or_default();
        if word.is_empty() {
            return fail(call, E_ARGUMENT, "option 'word' is empty", "give it one");
        }
        *out = Box::into_raw(Box::new(word)) as *mut c_void;
        OK
    })
}

unsafe extern "C" fn close(this: *mut c_void) {
    drop(Box::from_raw(this as *mut String));
}

unsafe extern "C" fn check(
    call: *mut Call,
    this: *mut c_void,
    subject: *const Subject,
    out: *const FindingsOut,
) -> Status {
    guarded(call, || {
        let word = &*(this as *const String);
        let sql = (*subject).sql.bytes();
        let message = format!("'{}' is left in the migration", word);
        let mut from = 0;
        while let Some(at) = find(sql, word.as_bytes(), from) {
            from = at + word.len();
            let finding = Finding {
                struct_size: size::<Finding>(),
                severity: SEVERITY_ERROR,
                rule: Str::of("my-plugin/word"),
                message: Str::of(&message),
                hint: Str::of("finish it, or take the mark out"),
                url: Str::of(""),
                revision: Str::of(""),
                begin: at as u64,
                end: from as u64,
            };
            let status = ((*out).finding)(call, &finding);
            if status != OK {
                return after(status);
            }
            if stopped(call) {
                return fail(call, E_CANCELLED, "cancelled", "");
            }
        }
        OK
    })
}

static OPTIONS: Table<[Opt; 1]> = Table([Opt {
    key: c("word\0"),
    fallback: c("FIXME\0"),
    choices: null(),
    env: null(),
    doc: c("the word that no migration may hold\0"),
    kind: TEXT,
    flags: 0,
    min: 0,
    max: 0,
}]);

static RULES: Table<[Rule; 1]> = Table([Rule {
    id: c("my-plugin/word\0"),
    summary: c("a migration is finished\0"),
    doc: c("A word that marks unfinished work is left in the file.\0"),
    severity: SEVERITY_ERROR,
    flags: 0,
}]);

static VALIDATOR: Table<Validator> = Table(Validator {
    struct_size: size::<Validator>(),
    threads: 2,
    phases: PHASE_FILES,
    rules: &RULES.0[0],
    n_rules: 1,
    rule_size: size::<Rule>(),
    open: Some(open),
    close: Some(close),
    check: Some(check),
});

static PROVIDES: Table<[Provides; 2]> = Table([
    Provides { id: c("godwit.validator/1\0"), vtable: &VALIDATOR as *const _ as *const c_void },
    Provides { id: null(), vtable: null() },
]);

static PLUGIN: Table<Plugin> = Table(Plugin {
    struct_size: size::<Plugin>(),
    abi_major: ABI_MAJOR,
    abi_minor: ABI_MINOR,
    flags: P_ISOLATABLE,
    id: c("org.example.my-plugin\0"),
    version: c("0.1.0\0"),
    vendor: null(),
    license: c("0BSD\0"),
    summary: c("finds marks of unfinished work\0"),
    url: null(),
    options: &OPTIONS.0[0],
    n_options: 1,
    option_size: size::<Opt>(),
    provides: &PROVIDES.0[0],
    init: Some(init),
    fini: None,
});

#[used]
#[link_section = ".note.godwit"]
static NOTE: Note = Note::of(KIND_VALIDATOR);

#[no_mangle]
pub extern "C" fn godwit_plugin_v1() -> *const Plugin {
    &PLUGIN.0
}
