//! What well-known packages of Java write and start, besides those in [`super::facts`].
//!
//! What they do is from their own pages: javadoc.io of each package, docs.spring.io, docs.aws.amazon.com.

use super::super::facts::{
    Argument::At, DOCKER, Fact, Kind, When, may_write, needs_root, needs_root_if, starts, writes,
};

/// Packages of others.
pub(super) const MORE: &[Fact] = &[
    // Objects and documents.
    may_write(".writeValue", At(0, ""), Kind::File),
    may_write(".marshal", At(1, ""), Kind::File),
    writes("com.itextpdf.kernel.pdf.PdfWriter", At(0, ""), Kind::File)
        .when(When::UnlessStream(At(0, ""))),
    writes(".save", At(0, ""), Kind::File).when(When::File(At(0, ""))).with(&["org.apache.pdfbox"]),
    writes(JASPER_PDF, At(1, ""), Kind::File),
    writes(JASPER_HTML, At(1, ""), Kind::File),
    // Pictures and films.
    writes("com.google.zxing.client.j2se.MatrixToImageWriter.writeToFile", At(2, ""), Kind::File),
    writes("com.google.zxing.client.j2se.MatrixToImageWriter.writeToPath", At(2, ""), Kind::File),
    writes(".toFile", At(0, ""), Kind::File).with(&["net.coobird.thumbnailator"]),
    writes("org.bytedeco.javacv.FFmpegFrameRecorder", At(0, ""), Kind::File)
        .when(When::UnlessStream(At(0, ""))),
    writes("org.opencv.imgcodecs.Imgcodecs.imwrite", At(0, ""), Kind::File),
    // Databases and logs.
    writes(".setJdbcUrl", At(0, ""), Kind::Url),
    writes(".setFile", At(0, ""), Kind::File).with(&["ch.qos.logback"]),
    // Programs.
    may_write(".redirectOutput", At(0, ""), Kind::File),
    may_write(".redirectError", At(0, ""), Kind::File),
    starts("org.apache.commons.exec.CommandLine.parse", At(0, "")),
    // What is fetched.
    writes("cn.hutool.http.HttpUtil.downloadFile", At(1, ""), Kind::File),
    writes("cn.hutool.http.HttpUtil.downloadFileFromUrl", At(1, ""), Kind::File),
    // Builders of other packages have the name of what a response has.
    writes(".filename", At(0, ""), Kind::File)
        .when(When::Mentioned)
        .with(&["io.minio.DownloadObjectArgs"]),
    may_write(".getObject", At(1, ""), Kind::File),
    writes("java.net.http.HttpResponse.BodyHandlers.ofFile", At(0, ""), Kind::File),
    writes("java.net.http.HttpResponse.BodyHandlers.ofFileDownload", At(0, ""), Kind::Folder),
    writes("okhttp3.Cache", At(0, ""), Kind::Folder),
    may_write("okio.Okio.sink", At(0, ""), Kind::File),
    may_write("okio.Okio.appendingSink", At(0, ""), Kind::File),
    may_write(".writeFile", At(0, ""), Kind::File),
    may_write("org.springframework.core.io.buffer.DataBufferUtils.write", At(1, ""), Kind::File),
    // Sockets of daemons, and packets.
    needs_root_if("com.github.dockerjava.core.DockerClientBuilder.getInstance", DOCKER),
    needs_root(".openLive"),
];

const JASPER_PDF: &str = "net.sf.jasperreports.engine.JasperExportManager.exportReportToPdfFile";
const JASPER_HTML: &str = "net.sf.jasperreports.engine.JasperExportManager.exportReportToHtmlFile";
