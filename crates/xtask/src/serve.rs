//! A folder of static files over HTTP on localhost: what any file server would do, and no more.
//!
//! It can hang the folder below a sub-path, because the page must work there too, and it keeps
//! nothing in the browser's cache, because the next build must be seen at the next reload.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::{Result, anyhow};
use flate2::{Compression, write::GzEncoder};
use tiny_http::{Header, Method, Request, Response, StatusCode};

type Body = Response<Cursor<Vec<u8>>>;

/// A running server; it stops when dropped.
pub struct Server {
    http: Arc<tiny_http::Server>,
    thread: Option<JoinHandle<()>>,
    url: String,
}

impl Server {
    /// Serves `folder` below `prefix` (which starts and ends with `/`). Port 0 takes a free one.
    pub fn open(folder: &Path, port: u16, prefix: &str) -> Result<Server> {
        assert!(
            prefix.starts_with('/') && prefix.ends_with('/'),
            "a prefix looks like /a/b/"
        );
        let http = tiny_http::Server::http(("127.0.0.1", port))
            .map_err(|why| anyhow!("cannot listen on port {port}: {why}"))?;
        let http = Arc::new(http);
        let port = http
            .server_addr()
            .to_ip()
            .map_or(port, |address| address.port());
        let url = format!("http://localhost:{port}{prefix}");

        let mut files = Files {
            folder: folder.to_path_buf(),
            prefix: prefix.into(),
            gzip: BTreeMap::new(),
        };
        let listener = Arc::clone(&http);
        let thread = thread::spawn(move || {
            for request in listener.incoming_requests() {
                let response = files.answer(&request);
                // The browser may have gone away in the meantime; that is its own affair.
                let _ = request.respond(response);
            }
        });
        Ok(Server {
            http,
            thread: Some(thread),
            url,
        })
    }

    /// Where the folder's `index.html` is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.http.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Files {
    folder: PathBuf,
    prefix: String,
    /// Compressed bodies by path, with the plain bytes that they were made from.
    gzip: BTreeMap<PathBuf, (Vec<u8>, Vec<u8>)>,
}

impl Files {
    fn answer(&mut self, request: &Request) -> Body {
        if !matches!(request.method(), Method::Get | Method::Head) {
            return plain(405, "only GET and HEAD");
        }
        let path = request.url().split(['?', '#']).next().unwrap_or("/");
        if format!("{path}/") == self.prefix {
            return plain(301, "").with_header(header("Location", &self.prefix));
        }
        let Some(inner) = path.strip_prefix(self.prefix.as_str()) else {
            return plain(404, "nothing here");
        };
        let Some(file) = file_of(&self.folder, inner) else {
            return plain(404, "no such file");
        };
        let Ok(bytes) = fs::read(&file) else {
            return plain(404, "no such file");
        };

        let (mime, compress) = content_type(&file);
        let accepted = compress && accepts_gzip(request);
        let body = if accepted {
            self.compressed(file, bytes)
        } else {
            bytes
        };
        let mut response = Response::from_data(body)
            .with_header(header("Content-Type", mime))
            .with_header(header("Cache-Control", "no-cache"))
            // A known length is told, so that a browser can show how far a download is.
            .with_chunked_threshold(usize::MAX);
        if compress {
            response.add_header(header("Vary", "Accept-Encoding"));
        }
        if accepted {
            response.add_header(header("Content-Encoding", "gzip"));
        }
        response
    }

    fn compressed(&mut self, file: PathBuf, bytes: Vec<u8>) -> Vec<u8> {
        match self.gzip.get(&file) {
            Some((plain, gzip)) if *plain == bytes => gzip.clone(),
            _ => {
                let gzip = gzip(&bytes).expect("compression into memory does not fail");
                self.gzip.insert(file, (bytes, gzip.clone()));
                gzip
            }
        }
    }
}

/// The bytes as gzip at the level that file servers usually choose.
pub fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The file that a URL's path means, unless it points out of the folder.
fn file_of(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = percent_decoded(path)?;
    let inner = Path::new(&path);
    if !inner
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return None;
    }
    let file = folder.join(inner);
    Some(if file.is_dir() {
        file.join("index.html")
    } else {
        file
    })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

/// Content type by ending, and whether compression is worth it.
pub fn content_type(file: &Path) -> (&'static str, bool) {
    match file
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or("")
    {
        "html" => ("text/html; charset=utf-8", true),
        "js" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "json" => ("application/json", true),
        "svg" => ("image/svg+xml", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "woff2" => ("font/woff2", false),
        "png" => ("image/png", false),
        "ico" => ("image/x-icon", true),
        _ => ("application/octet-stream", false),
    }
}

fn accepts_gzip(request: &Request) -> bool {
    request
        .headers()
        .iter()
        .filter(|header| header.field.equiv("Accept-Encoding"))
        .any(|header| {
            header
                .value
                .as_str()
                .split(',')
                .any(|coding| coding.trim().starts_with("gzip"))
        })
}

fn plain(status: u16, text: &str) -> Body {
    Response::from_string(text).with_status_code(StatusCode(status))
}

fn header(field: &str, value: &str) -> Header {
    Header::from_bytes(field, value).expect("our own headers are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpStream;

    #[test]
    fn a_path_cannot_leave_the_folder() {
        let folder = Path::new("/srv");
        for path in [
            "../secret",
            "a/../../secret",
            "%2e%2e/secret",
            "/etc/passwd",
            "a//etc/../../..",
        ] {
            assert_eq!(file_of(folder, path), None, "{path}");
        }
        assert_eq!(file_of(folder, "a%20b/c.js"), Some("/srv/a b/c.js".into()));
        assert_eq!(file_of(folder, "%zz"), None);
        assert_eq!(file_of(folder, "%e"), None);
    }

    /// Head and body of the answer to a request written by hand.
    fn get(url: &str, path: &str, headers: &str) -> (String, Vec<u8>) {
        let address = url
            .strip_prefix("http://")
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        let mut stream = TcpStream::connect(address.replace("localhost", "127.0.0.1")).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        (
            String::from_utf8_lossy(&answer[..end]).into_owned(),
            answer[end + 4..].to_vec(),
        )
    }

    #[test]
    fn a_folder_is_served_below_its_prefix_typed_and_compressed() {
        let folder = std::env::temp_dir().join(format!("ringside-serve-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.html"), "<p>hello</p>".repeat(100)).unwrap();
        fs::write(folder.join("a.wasm"), "\0asm").unwrap();
        let server = Server::open(&folder, 0, "/deep/er/").unwrap();

        let (head, body) = get(server.url(), "/deep/er/?x=1", "");
        assert!(
            head.contains("200 OK") && head.contains("text/html") && body.starts_with(b"<p>hello"),
            "{head}"
        );
        let (head, body) = get(
            server.url(),
            "/deep/er/index.html",
            "Accept-Encoding: br, gzip\r\n",
        );
        assert!(
            head.contains("Content-Encoding: gzip") && body.starts_with(&[0x1f, 0x8b]),
            "{head}"
        );
        assert!(
            body.len() < 200,
            "{} bytes are hardly compressed",
            body.len()
        );
        let (head, _) = get(server.url(), "/deep/er/a.wasm", "");
        assert!(head.contains("application/wasm"), "{head}");
        let (head, _) = get(server.url(), "/deep/er", "");
        assert!(head.contains("301") && head.contains("/deep/er/"), "{head}");
        for outside in [
            "/",
            "/index.html",
            "/deep/er/none.js",
            "/deep/er/%2e%2e/er/a.wasm",
        ] {
            let (head, _) = get(server.url(), outside, "");
            assert!(head.contains("404"), "{outside}: {head}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
