//! The twin through a real client of the protocol.
