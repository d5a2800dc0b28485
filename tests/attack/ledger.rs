//! The ledger from outside: what an adversary does to its folder, what a crash leaves, what other people's verifiers say.

#[cfg(test)]
mod support;

#[cfg(test)]
mod crash;
#[cfg(test)]
mod forge;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod tamper;
