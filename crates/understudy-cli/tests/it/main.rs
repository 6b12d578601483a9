//! The program as its users meet it: commands, the wire, a browser, a real backend.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accept;
mod accept_honest;
mod addresses;
mod as_a_client;
mod before_a_backend;
mod browser;
mod bytes;
mod cases;
mod coverage;
mod described;
mod diff;
mod echoed;
mod faces;
mod fetch;
mod fresh_and_kept;
mod import;
mod import_description;
mod inbox;
mod junit;
mod misses;
mod odd_backends;
mod outside;
mod places;
mod printed;
mod program;
mod readme;
mod reasons;
mod record;
mod record_peers;
mod record_protocols;
mod registry;
mod reload;
mod report;
mod selected;
mod shop;
mod trust;
mod wire;
