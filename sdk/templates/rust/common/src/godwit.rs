// SPDX-License-Identifier: 0BSD
//! The plugin ABI 1.0 as Rust sees it: what a validator or a hook needs of the headers under godwit/, where
//! each member has its contract. Members are only ever appended, so these stay right.
#![allow(dead_code)]

use std::os::raw::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};

pub const ABI_MAJOR: u16 = 1;
pub const ABI_MINOR: u16 = 0; // the lowest host that it can live with

pub type Status = i32;
pub const OK: Status = 0;
pub const STOP: Status = 1;
pub const E_ARGUMENT: Status = -100;
pub const E_CANCELLED: Status = -900;
pub const E_INTERNAL: Status = -1300;

pub const KIND_VALIDATOR: u32 = 1 << 1;
pub const KIND_HOOK: u32 = 1 << 3;
pub const P_ISOLATABLE: u64 = 1;
pub const PHASE_FILES: u64 = 1;
pub const PHASE_CLEAN: u64 = 2;
pub const PHASE_BEFORE: u64 = 4;
pub const PHASE_AFTER: u64 = 8;
pub const PHASE_MONITOR: u64 = 16;
pub const SEVERITY_NOTE: i32 = 0;
pub const SEVERITY_WARN: i32 = 1;
pub const SEVERITY_ERROR: i32 = 2;
pub const EVENT_GATE: u64 = 1;
pub const LOG_DEBUG: i32 = 0;
pub const LOG_INFO: i32 = 1;
pub const LOG_WARN: i32 = 2;
pub const LOG_ERROR: i32 = 3;

// Kinds of a cell, and types of an option.
pub const NULL: u32 = 0;
pub const BOOL: u32 = 1;
pub const INT: u32 = 2;
pub const REAL: u32 = 3;
pub const TEXT: u32 = 4;
pub const TIME: u32 = 6;

// ---- frozen value types ----

/// Bytes that somebody else owns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub ptr: *const u8,
    pub len: usize,
}

impl Str {
    pub const fn of(text: &str) -> Str {
        Str { ptr: text.as_ptr(), len: text.len() }
    }
    /// What the host passes: valid for the call.
    pub fn bytes(&self) -> &[u8] {
        if self.len == 0 {
            &[]
        } else {
            unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
        }
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union Value {
    pub i: i64,
    pub f: f64,
    pub s: Str,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Cell {
    pub kind: u32,
    pub flags: u32,
    pub v: Value,
}

#[repr(C)]
pub struct Field {
    pub key: Str,
    pub val: Cell,
}

#[repr(C)]
pub struct Provides {
    pub id: *const c_char,
    pub vtable: *const c_void,
}

// ---- host ----

#[repr(C)]
pub struct Call {
    opaque: [u8; 0],
}

#[repr(C)]
pub struct Error {
    pub struct_size: u32,
    pub code: Status,
    pub sqlstate: [u8; 8],
    pub native: i64,
    pub flags: u64,
    pub begin: u64,
    pub end: u64,
    pub message: Str,
    pub detail: Str,
    pub hint: Str,
}

#[repr(C)]
pub struct Host {
    pub struct_size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub program: Str,
    pub version: Str,
    pub log: unsafe extern "C" fn(*mut Call, i32, Str),
    pub fail: unsafe extern "C" fn(*mut Call, *const Error) -> Status,
    pub stopped: unsafe extern "C" fn(*mut Call) -> i32,
    pub progress: unsafe extern "C" fn(*mut Call, u64, u64, Str),
    pub service: unsafe extern "C" fn(*const Host, *const c_char) -> *const c_void,
}

// ---- descriptor ----

#[repr(C)]
pub struct Opt {
    pub key: *const c_char,
    pub fallback: *const c_char,
    pub choices: *const c_char,
    pub env: *const c_char,
    pub doc: *const c_char,
    pub kind: u32,
    pub flags: u32,
    pub min: i64,
    pub max: i64,
}

#[repr(C)]
pub struct Plugin {
    pub struct_size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub flags: u64,
    pub id: *const c_char,
    pub version: *const c_char,
    pub vendor: *const c_char,
    pub license: *const c_char,
    pub summary: *const c_char,
    pub url: *const c_char,
    pub options: *const Opt,
    pub n_options: u32,
    pub option_size: u32,
    pub provides: *const Provides,
    pub init: Option<unsafe extern "C" fn(*mut Call, *const Host) -> Status>,
    pub fini: Option<unsafe extern "C" fn()>,
}

#[repr(C)]
pub struct Note {
    name_size: u32,
    desc_size: u32,
    kind: u32,
    name: [u8; 8],
    abi_major: u16,
    abi_minor: u16,
    kinds: u32,
    reserved: u32,
}

impl Note {
    /// Belongs into the section .note.godwit: the host reads it before any code of the file runs.
    pub const fn of(kinds: u32) -> Note {
        Note {
            name_size: 7,
            desc_size: 12,
            kind: 1,
            name: *b"Godwit\0\0",
            abi_major: ABI_MAJOR,
            abi_minor: ABI_MINOR,
            kinds,
            reserved: 0,
        }
    }
}

// ---- validator, hook ----

#[repr(C)]
pub struct Setup {
    pub struct_size: u32,
    pub n_options: u32,
    pub options: *const Cell,
    pub name: Str,
    pub folder: Str,
}

impl Setup {
    /// The i-th option of the schema, if it is a text.
    pub fn text(&self, i: u32) -> Option<String> {
        if i >= self.n_options {
            return None;
        }
        let cell = unsafe { &*self.options.add(i as usize) };
        if cell.kind == TEXT {
            Some(unsafe { cell.v.s }.text())
        } else {
            None
        }
    }
}

#[repr(C)]
pub struct Span {
    pub begin: u64,
    pub end: u64,
    pub flags: u64,
}

#[repr(C)]
pub struct Subject {
    pub struct_size: u32,
    pub direction: u32,
    pub phase: u64,
    pub flags: u64,
    pub revision: Str,
    pub title: Str,
    pub file: Str,
    pub dialect: Str,
    pub sql: Str,
    pub statements: *const Span,
    pub n_statements: u64,
}

#[repr(C)]
pub struct Finding {
    pub struct_size: u32,
    pub severity: i32,
    pub rule: Str,
    pub message: Str,
    pub hint: Str,
    pub url: Str,
    pub revision: Str,
    pub begin: u64,
    pub end: u64,
}

#[repr(C)]
pub struct FindingsOut {
    pub struct_size: u32,
    pub reserved: u32,
    pub finding: unsafe extern "C" fn(*mut Call, *const Finding) -> Status,
}

#[repr(C)]
pub struct Rule {
    pub id: *const c_char,
    pub summary: *const c_char,
    pub doc: *const c_char,
    pub severity: i32,
    pub flags: u32,
}

type Open = unsafe extern "C" fn(*mut Call, *const Setup, *mut *mut c_void) -> Status;
type Close = unsafe extern "C" fn(*mut c_void);

#[repr(C)]
pub struct Validator {
    pub struct_size: u32,
    pub threads: u32,
    pub phases: u64,
    pub rules: *const Rule,
    pub n_rules: u32,
    pub rule_size: u32,
    pub open: Option<Open>,
    pub close: Option<Close>,
    pub check: Option<
        unsafe extern "C" fn(*mut Call, *mut c_void, *const Subject, *const FindingsOut) -> Status,
    >,
}

#[repr(C)]
pub struct Event {
    pub struct_size: u32,
    pub n_fields: u32,
    pub flags: u64,
    pub kind: Str,
    pub run_id: Str,
    pub time_ns: i64,
    pub fields: *const Field,
}

#[repr(C)]
pub struct Hook {
    pub struct_size: u32,
    pub threads: u32,
    pub events: *const *const c_char,
    pub open: Option<Open>,
    pub close: Option<Close>,
    pub handle: Option<unsafe extern "C" fn(*mut Call, *mut c_void, *const Event) -> Status>,
}

/// A table that nobody changes, though it holds raw pointers.
#[repr(transparent)]
pub struct Table<T>(pub T);
unsafe impl<T> Sync for Table<T> {}

pub const fn size<T>() -> u32 {
    std::mem::size_of::<T>() as u32
}

/// A literal for C; ends with \0.
pub const fn c(text: &str) -> *const c_char {
    text.as_ptr() as *const c_char
}

// ---- helpers ----

static HOST: AtomicPtr<Host> = AtomicPtr::new(null_mut());

/// For the descriptor: keeps the host, which lives until fini.
pub unsafe extern "C" fn init(_: *mut Call, host: *const Host) -> Status {
    HOST.store(host as *mut Host, Ordering::Release);
    OK
}

fn host() -> &'static Host {
    unsafe { &*HOST.load(Ordering::Acquire) }
}

pub fn log(call: *mut Call, level: i32, text: &str) {
    unsafe { (host().log)(call, level, Str::of(text)) }
}

pub fn stopped(call: *mut Call) -> bool {
    unsafe { (host().stopped)(call) != 0 }
}

pub fn fail(call: *mut Call, code: Status, message: &str, hint: &str) -> Status {
    let error = Error {
        struct_size: size::<Error>(),
        code,
        sqlstate: [0; 8],
        native: 0,
        flags: 0,
        begin: 0,
        end: 0,
        message: Str::of(message),
        detail: Str { ptr: null(), len: 0 },
        hint: Str::of(hint),
    };
    unsafe { (host().fail)(call, &error) }
}

/// Every entry runs in this: a panic becomes a failure, since it may not cross the border.
pub fn guarded(call: *mut Call, function: impl FnOnce() -> Status) -> Status {
    catch_unwind(AssertUnwindSafe(function))
        .unwrap_or_else(|_| fail(call, E_INTERNAL, "the plugin panicked", ""))
}

/// What an entry returns after a sink has returned status: having seen enough is no failure.
pub fn after(status: Status) -> Status {
    if status == STOP {
        OK
    } else {
        status
    }
}
