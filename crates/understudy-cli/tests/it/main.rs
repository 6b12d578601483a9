//! The program as its users meet it: commands, the wire, a browser, a real backend.

mod browser;
mod cases;
mod fresh_and_kept;
mod program;
mod registry;
mod reload;
mod wire;
