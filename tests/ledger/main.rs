//! The ledger from outside: what an adversary does to its folder, what a crash leaves, what other people's verifiers say.

mod support;

mod crash;
mod forge;
mod interop;
mod tamper;
