//! An in-process stand-in for the `aws` provider, attached to the engine over the real protocol.
//!
//! One twin is one imaginary account: it lives in memory, for one trial or one demo stack, and is gone with the process.
//! Everything it knows of a resource type is in one table (`twin/aws.json`).
//!
//! INVARIANT: the same seed and the same calls give the same names, ids and outputs, in every process.
//! INVARIANT: a type, a property or a function that the table does not have is an error, never an echo.
//! INVARIANT: values marked secret stay marked; no error and no `Debug` holds a value of a resource.
//!
//! What it does not do: it does not know what cloud services do with what they are given. A passing trial on a twin says that
//! the program, the names, the references and the properties are right, not that AWS would accept them. Nor does it hold back a
//! deletion: a trial must be torn down, even one whose program asks for deletion protection.

mod account;
mod autoname;
mod check;
mod configure;
mod diff;
mod invoke;
mod outputs;
mod resource;
mod schema;
mod service;
mod table;
mod template;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::engine::wire::pulumirpc::resource_provider_server::ResourceProviderServer;
use crate::engine::wire::{self, ServeError, limited};
use crate::names::Urn;

use account::Account;
use outputs::Configured;
use table::Table;

/// The package that a twin stands in for.
pub const PACKAGE: &str = "aws";

/// The account in which everything is made. No real account has this number.
pub const ACCOUNT: &str = "123456789012";

/// The part of AWS that the account is in.
const PARTITION: &str = "aws";

/// The region where none is configured.
const REGION: &str = "us-east-1";

/// Names and ids are drawn at most this often until one is free.
const DRAWS_MAX: u32 = 10_000;

/// An imaginary account. Clones share it, and the connection that they speak for.
#[derive(Clone)]
pub struct Twin {
    shared: Arc<Shared>,
    /// What the provider of this connection was configured with.
    configured: Arc<Mutex<Option<Configured>>>,
}

struct Shared {
    seed: [u8; 32],
    table: Table,
    account: Mutex<Account>,
}

/// A resource that exists in a twin.
#[derive(Clone, PartialEq)]
pub struct TwinResource {
    /// The URN under which it was made.
    pub urn: Urn,
    /// Its type token, such as `aws:s3/bucket:Bucket`.
    pub token: String,
    /// Its id in the imaginary account.
    pub id: String,
    /// What the program gave, checked. Secrets are wrapped as on the wire.
    pub inputs: serde_json::Map<String, serde_json::Value>,
    /// What the provider reported. Secrets are wrapped as on the wire.
    pub outputs: serde_json::Map<String, serde_json::Value>,
}

impl fmt::Debug for TwinResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwinResource")
            .field("urn", &self.urn)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Twin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twin")
            .field("resources", &self.account().resources().len())
            .finish_non_exhaustive()
    }
}

/// A twin that could not be made or served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The built-in table of types is damaged.
    #[error("reading the twin's table of resource types: {0}")]
    Table(String),
}

impl Twin {
    /// An empty account, whose names and ids all follow from the seed.
    ///
    /// # Errors
    /// The built-in table is damaged.
    pub fn new(seed: [u8; 32]) -> Result<Self, Error> {
        let shared = Shared {
            seed,
            table: Table::aws()?,
            account: Mutex::new(Account::default()),
        };
        Ok(Self {
            shared: Arc::new(shared),
            configured: Arc::default(),
        })
    }

    /// Serves on a listener until `shutdown` is done.
    ///
    /// The engine makes one connection for each provider that a program declares; requests do not say which one they are for. So
    /// each connection has a configuration of its own, on the one account.
    ///
    /// # Errors
    /// Accepting failed or a handler panicked.
    pub async fn serve(
        &self,
        listener: std::net::TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let make = || {
            let connection = Self {
                shared: Arc::clone(&self.shared),
                configured: Arc::default(),
            };
            wire::routes(limited!(ResourceProviderServer::new(connection)))
        };
        wire::serve_each("the twin", listener, make, shutdown).await
    }

    /// Everything that exists, in the order of type and id.
    #[must_use]
    pub fn resources(&self) -> Vec<TwinResource> {
        self.account().resources().cloned().collect()
    }

    /// Whether nothing exists: after `destroy`, the proof that nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.account().resources().len() == 0
    }

    /// How often each method of the protocol was called, by its name in the protocol.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.account().calls()
    }

    /// Whether losing a resource of this type loses what nobody can make again; nothing for a type that the twin does not know.
    #[must_use]
    pub fn is_stateful(&self, token: &str) -> Option<bool> {
        self.shared
            .table
            .resources
            .get(token)
            .map(|resource| resource.stateful)
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        // A panic elsewhere cannot leave the maps half-written: each is changed by one insertion or removal.
        self.shared
            .account
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
