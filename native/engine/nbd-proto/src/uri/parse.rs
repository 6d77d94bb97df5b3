//! Text to [`NbdUri`].

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::str::FromStr;

use super::percent::{decode, decode_text};
use super::{NbdUri, TlsKind, TlsOptions, Transport, UriError};
use crate::wire::{NBD_DEFAULT_PORT, NBD_MAX_STRING};

impl FromStr for NbdUri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        // Non-ASCII is let through: the shell's user means the UTF-8 that an encoder would have encoded.
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f || byte == b'#') {
            return Err(UriError::Character);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UriError::Scheme)?;
        let (tls, unix) = parse_scheme(scheme)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let export = decode_text(path)?;
        if export.len() > NBD_MAX_STRING {
            return Err(UriError::ExportTooLong);
        }

        let Query { socket, tls_options } = Query::parse(query)?;
        let (user, host_and_port) = parse_user(authority)?;
        let transport = match (unix, socket) {
            (true, Some(path)) if host_and_port.is_empty() => Transport::Unix { path },
            (true, Some(_)) => return Err(UriError::HostWithUnix),
            (true, None) => return Err(UriError::MissingSocket),
            (false, Some(_)) => return Err(UriError::UnknownParameter { name: "socket".to_owned() }),
            (false, None) => parse_host_and_port(host_and_port)?,
        };
        Ok(Self { transport, export, tls, user, tls_options })
    }
}

/// Whether the scheme stands for (TLS, a unix socket).
fn parse_scheme(scheme: &str) -> Result<(bool, bool), UriError> {
    match scheme.to_ascii_lowercase().as_str() {
        "nbd" => Ok((false, false)),
        "nbds" => Ok((true, false)),
        "nbd+unix" => Ok((false, true)),
        "nbds+unix" => Ok((true, true)),
        _ => Err(UriError::Scheme),
    }
}

fn parse_user(authority: &str) -> Result<(Option<String>, &str), UriError> {
    match authority.rsplit_once('@') {
        Some((user, rest)) => Ok((Some(decode_text(user)?), rest)),
        None => Ok((None, authority)),
    }
}

fn parse_host_and_port(text: &str) -> Result<Transport, UriError> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or(UriError::Host)?;
        let address = decode_text(address)?;
        // A zone ("fe80::1%25eth0") is the system's to understand; the address proper is checked here.
        let proper = address.split('%').next().unwrap_or_default();
        proper.parse::<std::net::Ipv6Addr>().map_err(|_| UriError::Host)?;
        (address, if port.is_empty() { "" } else { port.strip_prefix(':').ok_or(UriError::Host)? })
    } else {
        let (host, port) = text.split_once(':').unwrap_or((text, ""));
        if port.contains(':') || host.contains(['[', ']']) {
            return Err(UriError::Host);
        }
        let host = decode_text(host)?;
        // Only an IPv6 address has colons, and it goes in brackets.
        if host.contains(':') {
            return Err(UriError::Host);
        }
        (host, port)
    };
    let port = match port {
        "" => NBD_DEFAULT_PORT,
        digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            digits.parse().map_err(|_| UriError::Port)?
        }
        _ => return Err(UriError::Port),
    };
    let host = if host.is_empty() { "localhost".to_owned() } else { host };
    Ok(Transport::Tcp { host, port })
}

/// What the query may say.
#[derive(Default)]
struct Query {
    socket: Option<PathBuf>,
    tls_options: TlsOptions,
}

impl Query {
    fn parse(text: &str) -> Result<Self, UriError> {
        let mut query = Self::default();
        for parameter in text.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            query.take(&decode_text(name)?, value)?;
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), UriError> {
        let tls = &mut self.tls_options;
        match name {
            "socket" if value.is_empty() => Err(UriError::MissingSocket),
            "socket" => set(&mut self.socket, name, decode_path(value)?),
            "tls-certificates" => set(&mut tls.certificates, name, decode_path(value)?),
            "tls-psk-file" => set(&mut tls.psk_file, name, decode_path(value)?),
            "tls-hostname" => set(&mut tls.hostname, name, decode_text(value)?),
            "tls-type" => set(&mut tls.kind, name, parse_tls_kind(name, value)?),
            "tls-verify-peer" => set(&mut tls.verify_peer, name, parse_switch(name, value)?),
            _ => Err(UriError::UnknownParameter { name: name.to_owned() }),
        }
    }
}

fn set<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), UriError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(UriError::DuplicateParameter { name: name.to_owned() }),
    }
}

fn decode_path(value: &str) -> Result<PathBuf, UriError> {
    Ok(PathBuf::from(OsString::from_vec(decode(value)?)))
}

fn parse_tls_kind(name: &str, value: &str) -> Result<TlsKind, UriError> {
    match value {
        "anon" => Ok(TlsKind::Anonymous),
        "x509" => Ok(TlsKind::X509),
        "psk" => Ok(TlsKind::Psk),
        _ => Err(UriError::ParameterValue { name: name.to_owned() }),
    }
}

fn parse_switch(name: &str, value: &str) -> Result<bool, UriError> {
    match value {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(UriError::ParameterValue { name: name.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16, export: &str) -> NbdUri {
        NbdUri::tcp(host, port, export)
    }

    #[test]
    fn the_specification_s_examples() {
        for (text, export) in [
            ("nbd://example.com/disk", "disk"),
            ("nbd://example.com/", ""),
            ("nbd://example.com", ""),
            ("nbd://example.com//disk", "/disk"),
            ("nbd://example.com/hello%20world", "hello world"),
        ] {
            assert_eq!(text.parse(), Ok(tcp("example.com", 10809, export)), "{text}");
        }
        assert_eq!("nbd+unix:///disk?socket=sock".parse(), Ok(NbdUri::unix("sock", "disk")));
    }

    #[test]
    fn hosts_and_ports() {
        for (text, uri) in [
            ("nbd://10.0.0.1:65535/a/b", tcp("10.0.0.1", 65535, "a/b")),
            ("nbd://[::1]/x", tcp("::1", 10809, "x")),
            ("nbd://[fe80::1%25eth0]:1/x", tcp("fe80::1%eth0", 1, "x")),
            ("NBD://h:10809/%C3%A4?", tcp("h", 10809, "ä")),
            ("nbd://", tcp("localhost", 10809, "")),
            ("nbd://h:0", tcp("h", 0, "")),
            ("nbd:///x", tcp("localhost", 10809, "x")),
        ] {
            assert_eq!(text.parse(), Ok(uri), "{text}");
        }
        for (text, error) in [
            ("nbd://h:65536", UriError::Port),
            ("nbd://h:+1", UriError::Port),
            ("nbd://[::1", UriError::Host),
            ("nbd://[::1]1", UriError::Host),
            ("nbd://[localhost]", UriError::Host),
            ("nbd://::1/x", UriError::Host),
            ("nbd://h%3A1/x", UriError::Host),
        ] {
            assert_eq!(text.parse::<NbdUri>(), Err(error), "{text}");
        }
    }

    #[test]
    fn tls_is_remembered_with_its_parameters() {
        let uri: NbdUri =
            "nbds+unix://alice@/x?socket=/s&tls-hostname=h&tls-certificates=%2Fpki&tls-verify-peer=0&tls-type=x509"
                .parse()
                .unwrap();
        assert!(uri.tls);
        assert_eq!(uri.user.as_deref(), Some("alice"));
        assert_eq!(uri.tls_options.hostname.as_deref(), Some("h"));
        assert_eq!(uri.tls_options.certificates, Some(PathBuf::from("/pki")));
        assert_eq!(uri.tls_options.verify_peer, Some(false));
        assert_eq!(uri.tls_options.kind, Some(TlsKind::X509));
    }

    #[test]
    fn refused() {
        let name = |name: &str| name.to_owned();
        for (text, error) in [
            ("http://x", UriError::Scheme),
            ("nbd:x", UriError::Scheme),
            ("", UriError::Scheme),
            ("nbd+unix:///x", UriError::MissingSocket),
            ("nbd+unix:///x?socket=", UriError::MissingSocket),
            ("nbd+unix://host/x?socket=s", UriError::HostWithUnix),
            ("nbd+unix:///x?socket=%00abstract", UriError::Nul),
            ("nbd://h/x?socket=s", UriError::UnknownParameter { name: name("socket") }),
            ("nbd://h/x?tls-versiom=1", UriError::UnknownParameter { name: name("tls-versiom") }),
            ("nbd+unix:///?socket=a&socket=b", UriError::DuplicateParameter { name: name("socket") }),
            ("nbds://h?tls-verify-peer=yes", UriError::ParameterValue { name: name("tls-verify-peer") }),
            ("nbd://h/%f", UriError::PercentEscape),
            ("nbd://h/%+1", UriError::PercentEscape),
            ("nbd://h/%ff", UriError::NotUtf8),
            ("nbd://h/a b", UriError::Character),
            ("nbd://h/a#b", UriError::Character),
        ] {
            assert_eq!(text.parse::<NbdUri>(), Err(error), "{text}");
        }
    }

    #[test]
    fn names_as_long_as_the_protocol_allows() {
        let longest = format!("nbd://h/{}", "x".repeat(4096));
        assert!(longest.parse::<NbdUri>().is_ok());
        assert_eq!(format!("{longest}x").parse::<NbdUri>(), Err(UriError::ExportTooLong));
    }
}
