//! How the judged tree becomes a commit: on a branch of the run's own here, and where the run came from GitHub, there too.

use crate::fault::Fault;
use crate::ledger::{Actor, Recorded};
use crate::names::Sha256;
use crate::perimeter::github::land::{Change, LandError, Landed, Published, Remote};
use crate::perimeter::import::{self, Folder, Tree, open_folder};
use crate::perimeter::repository::{Author, Branch, Landing as Commit, TreeId, message};
use crate::pipeline::apply::Landing;
use crate::pipeline::gate::Reason;
use crate::pipeline::generate::Proposal;
use crate::pipeline::run::Run;
use crate::pipeline::stages;

/// What landing came to.
#[derive(Debug)]
pub(super) enum Done {
    /// The commit is there, and recorded.
    At(Recorded<Landing>),
    /// The branch on GitHub has moved, or the pull request; nothing was done to it.
    Moved(Reason),
}

/// Lands what was cleared. Where it lands is recorded before it does.
pub(super) async fn land(
    run: &mut Run<'_>,
    proposal: &Recorded<Proposal>,
    clearance: Sha256,
) -> Result<Done, Fault> {
    // An earlier process of this run may have got this far.
    let earlier: Option<Recorded<Landing>> = run.ledger.read(&run.id)?;
    let local = here(run, proposal, Some(clearance))?;
    let Some(remote) = run.remote.clone() else {
        let landing = local.landing(None);
        return Ok(Done::At(run.record(
            Actor::Applier,
            landing,
            &[clearance],
        )?));
    };
    let moved = || Reason::Moved {
        branch: remote.branch.clone(),
    };
    let earlier = earlier.and_then(|it| it.value().published.clone());
    let (published, is_there) = match earlier {
        Some(earlier) if remote.holds(&earlier.commit).await? => (earlier, true),
        Some(_) | None => match remote.prepare(&local.change(run)).await? {
            Some(prepared) => (prepared, false),
            None => return Ok(Done::Moved(moved())),
        },
    };
    let landing = local.landing(Some(published.clone()));
    let landing = run.record(Actor::Applier, landing, &[clearance])?;
    if is_there {
        return Ok(Done::At(landing));
    }
    match remote.land(&run.base, &published).await {
        Ok(Landed::There) => Ok(Done::At(landing)),
        Ok(Landed::Moved) => Ok(Done::Moved(moved())),
        Err(error @ LandError::Unknown(_)) => Err(after(&published, error.into())),
        // What was refused is not there.
        Err(error) => Err(error.into()),
    }
}

/// A fault after something may have landed.
pub(super) fn after(published: &Published, cause: Fault) -> Fault {
    Fault::AfterLanding {
        branch: published.branch.clone(),
        commit: published.commit.clone(),
        cause: Box::new(cause),
    }
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
    // Made again by a later process, it must be the same commit.
    let entries = run.ledger.view().run(&run.id).map(|run| run.entries());
    let began = entries
        .and_then(|entries| entries.first())
        .map(|entry| entry.time);
    let author = Author {
        name: "lightsout".to_owned(),
        email: "lightsout@localhost".to_owned(),
        seconds: began.unwrap_or_else(crate::perimeter::now).as_second(),
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
