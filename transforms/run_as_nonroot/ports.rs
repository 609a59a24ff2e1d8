//! The ports that an image listens on, and who runs it where a low one needs root.

use super::{Image, base::Base, needs::Needs};
use crate::{callers::Reader, dockerfile::Keyword, text::Refusal};

/// The ports below 1024 that the image listens on, sorted.
///
/// # Errors
/// A decline's code and reason: such a port needs root where something other than Docker runs the image.
pub(super) fn low_ports(
    image: &Image<'_>,
    base: &Base,
    needs: &[Needs],
) -> Result<Vec<u16>, Refusal> {
    let mut ports: Vec<u16> = Vec::new();
    let instructions = image.instructions().map(|it| it.instruction);
    for expose in instructions.filter(|it| it.keyword == Keyword::Expose) {
        let words = expose.words().into_iter().filter_map(|it| image.expand(&it.text));
        ports.extend(words.filter_map(|it| it.split(['/', '-']).next()?.parse::<u16>().ok()));
    }
    // A port that is published is one that somebody listens on, unless every command says which that is.
    let published = image.services().flat_map(|it| it.service.ports.iter().copied());
    let is_told = !needs.is_empty() && needs.iter().all(|it| !it.ports.is_empty());
    ports.extend(published.filter(|_| !is_told));
    ports.extend(needs.iter().flat_map(|it| it.ports.iter().copied()));
    for name in
        ["PORT", "HTTP_PORT", "SERVER_PORT", "APP_PORT", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_URLS"]
    {
        let set = image.services().flat_map(|it| &it.service.environment);
        let set = set.filter(|it| it.0 == name).map(|it| it.1.clone());
        for value in set.chain(image.variable(name)) {
            let value = value.rsplit(':').next().unwrap_or_default().trim_end_matches('/');
            ports.extend(value.parse::<u16>().ok());
        }
    }
    let told = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS"].iter().any(|it| image.sets(it));
    ports.extend(base.port.filter(|_| !told));
    ports.retain(|it| *it < 1024);
    ports.sort_unstable();
    ports.dedup();
    if ports.contains(&22) {
        return Err(Refusal::new("needs-root", "it listens on port 22, which sshd does as root"));
    }
    if let Some(port) = ports.first() {
        check_port(image, &port.to_string())?;
    }
    Ok(ports)
}

/// Checks that nothing runs an image where a port below 1024, as it is called, needs root.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check_port(image: &Image<'_>, port: &str) -> Result<(), Refusal> {
    let deployed = image.project.deployments(image.site.path).into_iter();
    let deployed = deployed.map(|it| (it.0, ""));
    let guessed = image.project.guessed_deployments(image.site.path).into_iter();
    let guessed = guessed.map(|it| (it.0, ", if it runs this image"));
    let mut reasons = deployed.chain(guessed).filter_map(|(it, condition)| match it.reader {
        Reader::Kubernetes => {
            Some(format!("which needs root in Kubernetes ({}{condition})", it.path))
        }
        Reader::Cluster => {
            Some(format!("which may need root where {} runs it{condition}", it.path))
        }
        Reader::Docker | Reader::Platform => None,
    });
    if let Some(why) = reasons.next() {
        let reason = format!("it listens on port {port}, {why}");
        return Err(Refusal::new("privileged-port", reason));
    }
    if let Some(found) = image.services().find(|it| it.service.host_network) {
        let place = found.place();
        let reason =
            format!("it listens on port {port}, which needs root on the host's network ({place})");
        return Err(Refusal::new("privileged-port", reason));
    }
    Ok(())
}
