//! What packages of Python need root for in a container: raw sockets, and what listens to a network.
//!
//! After man7.org: raw(7) and packet(7); scapy.readthedocs.io: "Usage", and scapy 2.8: `sendrecv.py`, `layers/l2.py`,
//! `layers/inet.py` and `all.py`; `_impl.pyi` of netfilterqueue 1.1 and `pcapy.cc`; the READMEs of icmplib, pythonping, multiping and pyshark, which starts `tshark` and with it
//! `dumpcap` (wireshark.org: "Capture Privileges").

use super::facts::{
    Argument::{At, Named},
    Fact, NEEDS, Needs, needs_root, needs_root_if,
};

/// Functions.
pub(super) const FACTS: &[Fact] = &[
    needs_root_if("socket.socket", Needs { told: Some((At(1, "type"), "SOCK_RAW")), ..NEEDS }),
    needs_root_if("socket.socket", Needs { told: Some((At(0, "family"), "AF_PACKET")), ..NEEDS }),
    needs_root_if("icmplib.ping", Needs { spared: Some(Named("privileged")), ..NEEDS }),
    needs_root_if("icmplib.multiping", Needs { spared: Some(Named("privileged")), ..NEEDS }),
    needs_root("pythonping.ping"),
    needs_root("multiping.MultiPing"),
    needs_root("netfilterqueue.NetfilterQueue"),
    needs_root("pcapy.open_live"),
    needs_root("pcapy.open_live_handle"),
    needs_root("pyshark.LiveCapture"),
    needs_root("pyshark.LiveRingCapture"),
    needs_root("pyshark.capture.live_capture.LiveCapture"),
    needs_root_if("scapy.all.AsyncSniffer", SNIFF),
    needs_root("scapy.all.arp_mitm"),
    needs_root("scapy.all.arpcachepoison"),
    needs_root("scapy.all.arping"),
    needs_root("scapy.all.bridge_and_sniff"),
    needs_root("scapy.all.is_promisc"),
    needs_root("scapy.all.promiscping"),
    needs_root("scapy.all.send"),
    needs_root("scapy.all.sendp"),
    needs_root("scapy.all.sendpfast"),
    needs_root_if("scapy.all.sniff", SNIFF),
    needs_root("scapy.all.sr"),
    needs_root("scapy.all.sr1"),
    needs_root("scapy.all.sr1flood"),
    needs_root("scapy.all.srflood"),
    needs_root("scapy.all.srloop"),
    needs_root("scapy.all.srp"),
    needs_root("scapy.all.srp1"),
    needs_root("scapy.all.srpflood"),
    needs_root("scapy.all.srploop"),
    needs_root("scapy.all.traceroute"),
    needs_root("scapy.all.tshark"),
    needs_root("scapy.layers.inet.traceroute"),
    needs_root("scapy.layers.l2.arp_mitm"),
    needs_root("scapy.layers.l2.arpcachepoison"),
    needs_root("scapy.layers.l2.arping"),
    needs_root("scapy.layers.l2.is_promisc"),
    needs_root("scapy.layers.l2.promiscping"),
    needs_root_if("scapy.sendrecv.AsyncSniffer", SNIFF),
    needs_root("scapy.sendrecv.bridge_and_sniff"),
    needs_root("scapy.sendrecv.send"),
    needs_root("scapy.sendrecv.sendp"),
    needs_root("scapy.sendrecv.sendpfast"),
    needs_root_if("scapy.sendrecv.sniff", SNIFF),
    needs_root("scapy.sendrecv.sr"),
    needs_root("scapy.sendrecv.sr1"),
    needs_root("scapy.sendrecv.sr1flood"),
    needs_root("scapy.sendrecv.srflood"),
    needs_root("scapy.sendrecv.srloop"),
    needs_root("scapy.sendrecv.srp"),
    needs_root("scapy.sendrecv.srp1"),
    needs_root("scapy.sendrecv.srpflood"),
    needs_root("scapy.sendrecv.srploop"),
    needs_root("scapy.sendrecv.tshark"),
    // By the name alone, after `from scapy.all import *`.
    needs_root_if("AsyncSniffer", SNIFF),
    needs_root_if("arping", SCAPY),
    needs_root_if("sniff", SNIFF),
    needs_root_if("sr1", SCAPY),
    needs_root_if("srp", SCAPY),
    needs_root_if("srp1", SCAPY),
    needs_root_if("sendp", SCAPY),
];

/// A function of scapy, which opens a raw socket.
const SCAPY: Needs = Needs { with: &["scapy"], ..NEEDS };

/// A function of scapy that reads packets from files, if it is given any.
const SNIFF: Needs = Needs { spared: Some(Named("offline")), ..SCAPY };
