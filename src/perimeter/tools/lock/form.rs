//! What versions, paths and addresses of a lock look like.
//!
//! INVARIANT: what has the form is safe to put into a file name, below a folder, or to ask. It does not look whether there is such.

/// LIMIT: bytes of a path in an archive; vendors' longest is under half of it.
const PATH_BYTES_MAX: usize = 255;

pub(in crate::perimeter::tools) fn is_version(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && !text.contains("..")
}

/// A path that stays where it is put, written in the one way that there is.
pub(in crate::perimeter::tools) fn is_plain_path(text: &str) -> bool {
    text.len() <= PATH_BYTES_MAX
        && text.chars().all(|c| c.is_ascii_graphic() && c != '\\')
        && text.split('/').all(|part| !["", ".", ".."].contains(&part))
}

/// `https`, or `http` to a loopback address: nobody between us and the server may change what comes.
pub(in crate::perimeter::tools) fn is_allowed_url(url: &str) -> bool {
    if url.len() > 2048
        || !url.chars().all(|c| c.is_ascii_graphic())
        || url.contains(['#', '"', '\'', '@'])
    {
        return false;
    }
    url.starts_with("https://") || is_loopback_url(url)
}

/// Whether an address is this machine's own.
pub(crate) fn is_loopback_url(url: &str) -> bool {
    let authority = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split(['/', '?']).next());
    authority.is_some_and(|authority| {
        authority
            .parse::<std::net::SocketAddr>()
            .is_ok_and(|address| address.ip().is_loopback())
    })
}
