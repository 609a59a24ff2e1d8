//! Packages of Java that keep files, or write them by functions that are not followed.
//!
//! What they do is from their own pages.

use super::super::facts::Keeper;

const fn store(module: &'static str) -> Keeper {
    Keeper { module, what: "which keeps files", told_by: &[] }
}

/// All of them, by name.
pub(super) const ALL: &[Keeper] = &[
    store("ai.djl"),
    store("cn.hutool.core.io.FileUtil"),
    store("com.alibaba.excel"),
    store("com.microsoft.playwright"),
    store("com.sleepycat"),
    store("io.github.bonigarcia"),
    store("io.objectbox"),
    store("jetbrains.exodus"),
    store("net.lingala.zip4j"),
    store("net.openhft.chronicle"),
    store("net.sf.ehcache"),
    store("org.apache.activemq.broker"),
    store("org.apache.kafka.streams"),
    store("org.apache.lucene.store"),
    store("org.dizitart.no2"),
    store("org.eclipse.jgit"),
    store("org.ehcache"),
    store("org.h2"),
    store("org.hsqldb"),
    store("org.infinispan"),
    store("org.iq80.leveldb"),
    store("org.mapdb"),
    store("org.neo4j.graphdb"),
    store("org.openqa.selenium.chrome"),
    store("org.openqa.selenium.firefox"),
    store("org.rocksdb"),
    store("org.sqlite"),
];
