// SPDX-License-Identifier: 0BSD
//! my-plugin: writes each event of a deployment as a line of the log.
mod godwit;

use godwit::*;
use std::os::raw::{c_char, c_void};
use std::ptr::null;

/// A failure of this function stops the run where the event is a gate (flags & EVENT_GATE).
unsafe extern "C" fn handle(call: *mut Call, _: *mut c_void, event: *const Event) -> Status {
    guarded(call, || {
        let kind: String = (*event).kind.text().chars().take(80).collect();
        log(call, LOG_INFO, &format!("{} with {} fields", kind, (*event).n_fields));
        OK
    })
}

static EVENTS: Table<[*const c_char; 2]> = Table([c("deploy.*\0"), null()]);

static HOOK: Table<Hook> = Table(Hook {
    struct_size: size::<Hook>(),
    threads: 2,
    events: &EVENTS.0[0],
    open: None,
    close: None,
    handle: Some(handle),
});

static PROVIDES: Table<[Provides; 2]> = Table([
    Provides { id: c("godwit.hook/1\0"), vtable: &HOOK as *const _ as *const c_void },
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
    summary: c("logs what a deployment does\0"),
    url: null(),
    options: null(),
    n_options: 0,
    option_size: size::<Opt>(),
    provides: &PROVIDES.0[0],
    init: Some(init),
    fini: None,
});

#[used]
#[link_section = ".note.godwit"]
static NOTE: Note = Note::of(KIND_HOOK);

#[no_mangle]
pub extern "C" fn godwit_plugin_v1() -> *const Plugin {
    &PLUGIN.0
}
