//! The twin under the real engine: whole lives of a stack, from the first preview until nothing is left.
//!
//! The engine is the real command line, started with an environment made from nothing, a file backend in a temporary folder and
//! the twin attached. `LIGHTSOUT_TEST_PULUMI` names the executable; its language host for YAML lies beside it.

mod engine;
mod site;
