//! How the judged tree becomes a commit: on a branch of the run's own here, and where the run came from GitHub, there too.

use crate::fault::Fault;
use crate::ledger::Recorded;
use crate::names::Sha256;
use crate::perimeter::github::land::{Change, Landed, Published, Remote};
use crate::perimeter::import::{self, Folder, Tree, open_folder};
use crate::perimeter::repository::{Author, Branch, Landing as Commit, TreeId, message};
use crate::pipeline::apply::Landing;
use crate::pipeline::generate::Proposal;
use crate::pipeline::run::Run;
use crate::pipeline::stages;

/// What landing came to.
#[derive(Debug)]
pub(super) enum Done {
    /// The commit is there.
    At(Landing),
    /// The branch on GitHub has moved; nothing was done to it.
    Moved,
}

/// Lands what was cleared.
pub(super) async fn land(
    run: &Run<'_>,
    proposal: &Recorded<Proposal>,
    clearance: Option<Sha256>,
) -> Result<Done, Fault> {
    let local = here(run, proposal, clearance)?;
    // An earlier process of this run may have got this far.
    let earlier: Option<Recorded<Landing>> = run.ledger.read(&run.id)?;
    let earlier = earlier.and_then(|it| it.value().published.clone());
    let published = match &run.remote {
        None => None,
        Some(_) if earlier.is_some() => earlier,
        Some(remote) => match remote.land(&local.change(run)).await? {
            Landed::At(published) => Some(published),
            Landed::Moved => return Ok(Done::Moved),
        },
    };
    Ok(Done::At(local.landing(published)))
}

/// Puts what a person is to decide on a branch of its own. What came by a pull request is on one.
pub(super) async fn offer(run: &Run<'_>, proposal: &Recorded<Proposal>) -> Result<Landing, Fault> {
    let local = here(run, proposal, None)?;
    let published = match &run.remote {
        None
        | Some(Remote {
            merges: Some(_), ..
        }) => None,
        Some(remote) => Some(remote.branch(&local.branch, &local.change(run)).await?),
    };
    Ok(local.landing(published))
}

/// The commit in this repository.
struct Local {
    branch: String,
    commit: String,
    folder: Folder,
    tree: Tree,
    top: TreeId,
    name: TreeId,
    message: String,
}

fn here(
    run: &Run<'_>,
    proposal: &Recorded<Proposal>,
    clearance: Option<Sha256>,
) -> Result<Local, Fault> {
    use std::os::fd::AsFd as _;
    let path = stages::proposed_tree(run, proposal)?;
    let tree = import::import(open_folder(&path)?.as_fd(), &import::Limits::default())?;
    let folder =
        Folder::new(&run.job.stack.path).map_err(|error| Fault::Usage(error.to_string()))?;
    let repository = &run.perimeter.repository;
    let branch = Branch::new(&run.job.stack.name, &run.id)?;
    let top = repository.write_tree(&run.base, &folder, &tree)?;
    let author = Author {
        name: "lightsout".to_owned(),
        email: "lightsout@localhost".to_owned(),
        seconds: crate::perimeter::now().as_second(),
    };
    let commit = Commit {
        branch: &branch,
        tree: top,
        parent: run.base.commit,
        author: &author,
        subject: &format!("{}: judged change of run {}", run.job.stack.name, run.id),
        run: &run.id,
        clearance,
    };
    let id = repository.land(&commit)?;
    Ok(Local {
        message: message(&commit),
        branch: branch.to_string(),
        commit: id.to_string(),
        name: repository.folder_name(&tree)?,
        folder,
        tree,
        top,
    })
}

impl Local {
    fn change<'a>(&'a self, run: &'a Run<'_>) -> Change<'a> {
        Change {
            base: &run.base,
            folder: &self.folder,
            before: &run.base_tree,
            after: &self.tree,
            tree: self.top,
            message: &self.message,
        }
    }

    fn landing(self, published: Option<Published>) -> Landing {
        Landing {
            branch: self.branch,
            commit: self.commit,
            tree: self.tree.hash(),
            folder: self.name,
            published,
        }
    }
}
