//! What Java's library and well-known packages write, give and start.
//!
//! What classes of the library do is from <https://docs.oracle.com/en/java/javase/21/docs/api/>, of packages from
//! their own pages: commons.apache.org/proper/commons-io, guava.dev, docs.spring.io.

use super::super::{
    facts::{
        Argument::{At, Object},
        Fact, Gives, Kind, When, asks, gives, removes, starts, starts_with, writes, writes_if,
        writes_unless,
    },
    listening,
};

/// All of them.
pub(super) const ALL: &[&[Fact]] = &[LIBRARY, PACKAGES, super::more::MORE, listening::JAVA];

/// The library.
const LIBRARY: &[Fact] = &[
    writes("java.nio.file.Files.write", At(0, ""), Kind::File),
    writes("java.nio.file.Files.writeString", At(0, ""), Kind::File),
    writes("java.nio.file.Files.createDirectory", At(0, ""), Kind::Folder),
    writes("java.nio.file.Files.createDirectories", At(0, ""), Kind::Folder),
    writes("java.nio.file.Files.createFile", At(0, ""), Kind::File),
    writes("java.nio.file.Files.createLink", At(0, ""), Kind::File),
    writes("java.nio.file.Files.createSymbolicLink", At(0, ""), Kind::File),
    writes("java.nio.file.Files.newBufferedWriter", At(0, ""), Kind::File),
    writes("java.nio.file.Files.newOutputStream", At(0, ""), Kind::File),
    writes("java.nio.file.Files.setPosixFilePermissions", At(0, ""), Kind::File),
    writes("java.nio.file.Files.setLastModifiedTime", At(0, ""), Kind::File),
    writes("java.nio.file.Files.move", At(1, ""), Kind::Entry),
    writes("java.nio.file.Files.copy", At(1, ""), Kind::File).when(When::UnlessStream(At(1, ""))),
    removes("java.nio.file.Files.delete", At(0, "")),
    removes("java.nio.file.Files.deleteIfExists", At(0, "")),
    removes("java.nio.file.Files.move", At(0, "")),
    asks("java.nio.file.Files.exists", At(0, "")),
    asks("java.nio.file.Files.isDirectory", At(0, "")),
    asks("java.nio.file.Files.notExists", At(0, "")),
    asks(".exists", Object),
    asks(".isDirectory", Object),
    writes("java.nio.file.Files.createTempFile", At(0, ""), Kind::Folder).when(When::Counted(3)),
    writes("java.nio.file.Files.createTempDirectory", At(0, ""), Kind::Folder)
        .when(When::Counted(2)),
    gives("java.nio.file.Files.createTempFile", Gives::TemporaryUnless(3)),
    gives("java.nio.file.Files.createTempDirectory", Gives::TemporaryUnless(2)),
    gives("java.nio.file.Files.createDirectories", Gives::First),
    gives("java.nio.file.Files.createDirectory", Gives::First),
    gives("java.nio.file.Files.createFile", Gives::First),
    writes("java.io.File.createTempFile", At(2, ""), Kind::Folder),
    gives("java.io.File.createTempFile", Gives::TemporaryUnless(3)),
    writes("java.io.FileOutputStream", At(0, ""), Kind::File),
    writes("java.io.FileWriter", At(0, ""), Kind::File),
    writes("java.io.PrintWriter", At(0, ""), Kind::File).when(When::UnlessStream(At(0, ""))),
    writes("java.io.PrintStream", At(0, ""), Kind::File).when(When::UnlessStream(At(0, ""))),
    writes("java.util.Formatter", At(0, ""), Kind::File).when(When::UnlessStream(At(0, ""))),
    writes_if("java.io.RandomAccessFile", At(0, ""), At(1, ""), &["rw"]),
    writes_unless("java.nio.channels.FileChannel.open", At(0, ""), At(1, ""), &["READ"]),
    writes_unless(
        "java.nio.channels.AsynchronousFileChannel.open",
        At(0, ""),
        At(1, ""),
        &["READ"],
    ),
    writes_unless("java.nio.file.Files.newByteChannel", At(0, ""), At(1, ""), &["READ"]),
    writes("java.util.logging.FileHandler", At(0, ""), Kind::File),
    writes("javax.imageio.ImageIO.write", At(2, ""), Kind::File)
        .when(When::UnlessStream(At(2, ""))),
    writes("java.sql.DriverManager.getConnection", At(0, ""), Kind::Url),
    writes(".mkdir", Object, Folder).when(When::Fewer(1)),
    writes(".mkdirs", Object, Folder),
    writes(".createNewFile", Object, Kind::File),
    writes(".renameTo", At(0, ""), Kind::Entry),
    writes(".transferTo", At(0, ""), Kind::File).with(&["org.springframework.web.multipart"]),
    // jakarta.ee/specifications/servlet: `Part.write`, and `ServletResponse.getWriter`, whose object has it as well.
    gives(".getOutputStream", Gives::Nothing),
    gives(".getWriter", Gives::Nothing),
    writes(".write", At(0, ""), Kind::File)
        .when(When::UnlessStream(Object))
        .with(&["jakarta.servlet.http.Part", "javax.servlet.http.Part"]),
    starts_with("java.lang.ProcessBuilder", 0),
    starts(".exec", At(0, "")),
    gives("java.nio.file.Paths.get", Gives::Join),
    gives("java.nio.file.Path.of", Gives::Join),
    gives("java.io.File", Gives::Below),
    gives("java.lang.System.getenv", Gives::Variable),
    gives("java.lang.System.getProperty", Gives::SystemProperty),
    gives("java.lang.String.format", Gives::Format),
    gives("java.lang.String.valueOf", Gives::First),
    gives("java.lang.Integer.parseInt", Gives::First),
    gives("java.lang.Integer.valueOf", Gives::First),
    gives("java.util.Objects.requireNonNull", Gives::First),
    gives("java.util.Optional.of", Gives::First),
    gives("java.util.Optional.ofNullable", Gives::First),
    gives(".getAbsoluteFile", Gives::Object),
    gives(".getAbsolutePath", Gives::Object),
    gives(".getCanonicalFile", Gives::Object),
    gives(".getCanonicalPath", Gives::Object),
    gives(".getPath", Gives::Object),
    gives(".normalize", Gives::Object),
    gives(".strip", Gives::Object),
    gives(".toAbsolutePath", Gives::Object),
    gives(".toFile", Gives::Object),
    gives(".toPath", Gives::Object),
    gives(".toString", Gives::Object),
    gives(".trim", Gives::Object),
    gives(".resolve", Gives::JoinObject),
    gives(".getParent", Gives::ParentOfObject),
    gives(".getParentFile", Gives::ParentOfObject),
    gives(".orElse", Gives::ObjectOr),
];

/// What is written below a folder.
use Kind::Folder;

/// Packages of others.
const PACKAGES: &[Fact] = &[
    writes("org.apache.commons.io.FileUtils.copyDirectory", At(1, ""), Folder),
    writes("org.apache.commons.io.FileUtils.copyFile", At(1, ""), Kind::File),
    writes("org.apache.commons.io.FileUtils.copyInputStreamToFile", At(1, ""), Kind::File),
    writes("org.apache.commons.io.FileUtils.copyToFile", At(1, ""), Kind::File),
    writes("org.apache.commons.io.FileUtils.copyURLToFile", At(1, ""), Kind::File),
    writes("org.apache.commons.io.FileUtils.forceMkdir", At(0, ""), Folder),
    writes("org.apache.commons.io.FileUtils.forceMkdirParent", At(0, ""), Kind::File),
    writes("org.apache.commons.io.FileUtils.moveFile", At(1, ""), Kind::Entry),
    writes("org.apache.commons.io.FileUtils.openOutputStream", At(0, ""), Kind::File),
    writes("org.apache.commons.io.FileUtils.touch", At(0, ""), Kind::File),
    writes("org.apache.commons.io.FileUtils.write", At(0, ""), Kind::File),
    writes("org.apache.commons.io.FileUtils.writeByteArrayToFile", At(0, ""), Kind::File),
    writes("org.apache.commons.io.FileUtils.writeLines", At(0, ""), Kind::File),
    writes("org.apache.commons.io.FileUtils.writeStringToFile", At(0, ""), Kind::File),
    writes("com.google.common.io.Files.asByteSink", At(0, ""), Kind::File),
    writes("com.google.common.io.Files.asCharSink", At(0, ""), Kind::File),
    writes("com.google.common.io.Files.copy", At(1, ""), Kind::File),
    writes("com.google.common.io.Files.createParentDirs", At(0, ""), Kind::File),
    writes("com.google.common.io.Files.move", At(1, ""), Kind::Entry),
    writes("com.google.common.io.Files.touch", At(0, ""), Kind::File),
    writes("com.google.common.io.Files.write", At(1, ""), Kind::File),
    writes("org.springframework.util.FileCopyUtils.copy", At(1, ""), Kind::File)
        .when(When::UnlessStream(At(1, ""))),
    writes("org.springframework.util.FileSystemUtils.copyRecursively", At(1, ""), Folder),
];
