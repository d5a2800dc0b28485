//! The client's side of the Agent Client Protocol: one session, one prompt, on the agent's standard streams.
//!
//! The agent gets our tool's address when it says that it can use it. It is asked for nothing else and offered nothing else: no files, no terminal;
//! it has its own in its sandbox. What it asks permission for, it gets once: the walls are ours.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use agent_client_protocol::schema::ProtocolVersion;
use agent_client_protocol::v1::ConnectionTo;
use agent_client_protocol::v1::schema::{
    ContentBlock, InitializeRequest, McpServer, McpServerHttp, NewSessionRequest,
    PermissionOptionKind, PromptRequest, RequestPermissionOutcome, RequestPermissionRequest,
    RequestPermissionResponse, SelectedPermissionOutcome, SessionNotification, SessionUpdate,
    StopReason, TextContent,
};
use agent_client_protocol::{Agent, Lines};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe::Sender;
use tokio::sync::mpsc::UnboundedReceiver;

/// LIMIT: bytes of what the agent says that are kept.
const SAID_BYTES_MAX: usize = 64 * 1024;

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conversed {
    /// What the agent said.
    pub(super) text: String,
    /// Whether it ended its turn by itself, and well.
    pub(super) is_done: bool,
}

/// Speaks with an agent until it has ended its turn.
pub(super) async fn converse(
    input: Sender,
    output: UnboundedReceiver<Vec<u8>>,
    prompt: &str,
    folder: &str,
    tools: String,
) -> Conversed {
    let outgoing = futures_util::sink::unfold(input, |mut input, line: String| async move {
        input.write_all(line.as_bytes()).await?;
        input.write_all(b"\n").await?;
        Ok::<_, std::io::Error>(input)
    });
    let incoming = futures_util::stream::unfold(output, |mut output| async move {
        let line = output.recv().await?;
        let line = String::from_utf8(line).map_err(std::io::Error::other);
        Some((line, output))
    });
    let said: Arc<Mutex<String>> = Arc::default();
    let heard = Arc::clone(&said);
    let ended = agent_client_protocol::Client
        .v1()
        .on_receive_notification(
            async move |notification: SessionNotification, _connection| {
                listen(&heard, notification.update);
                Ok(())
            },
            agent_client_protocol::on_receive_notification!(),
        )
        .on_receive_request(
            async move |request: RequestPermissionRequest, responder, _connection| {
                responder.respond(RequestPermissionResponse::new(permitted(&request)))
            },
            agent_client_protocol::on_receive_request!(),
        )
        .connect_with(
            Lines::new(Box::pin(outgoing), Box::pin(incoming)),
            async move |connection: ConnectionTo<Agent>| {
                prompted(&connection, prompt, folder, tools).await
            },
        )
        .await;
    let text = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match ended {
        Ok(StopReason::EndTurn) => Conversed {
            text,
            is_done: true,
        },
        Ok(other) => Conversed {
            text: format!("{text}\n(stopped: {other:?})"),
            is_done: false,
        },
        Err(error) => Conversed {
            text: format!("{text}\n(the Agent Client Protocol failed: {error})"),
            is_done: false,
        },
    }
}

async fn prompted(
    connection: &ConnectionTo<Agent>,
    prompt: &str,
    folder: &str,
    tools: String,
) -> Result<StopReason, agent_client_protocol::Error> {
    let agent = connection
        .send_request(InitializeRequest::new(ProtocolVersion::V1))
        .block_task()
        .await?;
    let mut session = NewSessionRequest::new(Path::new(folder));
    if agent.agent_capabilities.mcp_capabilities.http {
        let server = McpServerHttp::new("lightsout", tools);
        session.mcp_servers = vec![McpServer::Http(server)];
    }
    let session = connection.send_request(session).block_task().await?;
    let content = vec![ContentBlock::Text(TextContent::new(prompt))];
    let answered = connection
        .send_request(PromptRequest::new(session.session_id, content))
        .block_task()
        .await?;
    Ok(answered.stop_reason)
}

/// Keeps what the agent says; its other news are not needed.
fn listen(said: &Mutex<String>, update: SessionUpdate) {
    if let SessionUpdate::AgentMessageChunk(chunk) = update
        && let ContentBlock::Text(text) = chunk.content
    {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() + text.text.len() <= SAID_BYTES_MAX {
            said.push_str(&text.text);
        }
    }
}

/// The option that allows this once; the narrowest there is.
fn permitted(request: &RequestPermissionRequest) -> RequestPermissionOutcome {
    let of = |kind: PermissionOptionKind| {
        request
            .options
            .iter()
            .find(|option| option.kind == kind)
            .map(|option| option.option_id.clone())
    };
    let allowed =
        of(PermissionOptionKind::AllowOnce).or_else(|| of(PermissionOptionKind::AllowAlways));
    match allowed {
        Some(id) => RequestPermissionOutcome::Selected(SelectedPermissionOutcome::new(id)),
        None => RequestPermissionOutcome::Cancelled,
    }
}
