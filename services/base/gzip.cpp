// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/gzip.h"
#include <array>
#include <memory>
#include <zlib.h>

namespace wf {
namespace {
constexpr int kGzipFraming = 16 + MAX_WBITS;
constexpr qint64 kRatioFreeBytes = 1024 * 1024; // a small body may be as repetitive as it likes
constexpr size_t kChunk = 64 * 1024;

tl::unexpected<InflateError> refuse(InflateFault fault, const char* sentence)
{
    return tl::unexpected(InflateError{fault, QString::fromLatin1(sentence)});
}
} // namespace

tl::expected<QByteArray, InflateError> gunzip(const QByteArray& compressed, const InflateLimits& limits)
{
    z_stream z{};
    if (inflateInit2(&z, kGzipFraming) != Z_OK)
        return refuse(InflateFault::Malformed, "The gzip body could not be opened: out of memory.");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&z, inflateEnd);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.constData()));
    z.avail_in = uInt(compressed.size());

    const qint64 byRatio = qMax(kRatioFreeBytes, compressed.size() * qint64(limits.ratio));
    QByteArray plain;
    std::array<char, kChunk> chunk;
    int status = Z_OK;
    while (status != Z_STREAM_END) {
        z.next_out = reinterpret_cast<Bytef*>(chunk.data());
        z.avail_out = uInt(chunk.size());
        status = inflate(&z, Z_NO_FLUSH);
        const qint64 made = qint64(chunk.size() - z.avail_out);
        if (plain.size() + made > limits.bytes)
            return refuse(InflateFault::TooLarge, "The gzip body inflates beyond the size limit.");
        if (plain.size() + made > byRatio)
            return refuse(InflateFault::TooLarge, "The gzip body inflates beyond the allowed ratio.");
        plain.append(chunk.data(), made);
        if (status == Z_STREAM_END) break;
        if (status != Z_OK && status != Z_BUF_ERROR)
            return refuse(InflateFault::Malformed, "The body is not valid gzip.");
        if (z.avail_in == 0 && made == 0) return refuse(InflateFault::Malformed, "The gzip body is cut short.");
        if (status == Z_BUF_ERROR && made == 0) return refuse(InflateFault::Malformed, "The body is not valid gzip.");
    }
    if (z.avail_in != 0) return refuse(InflateFault::Malformed, "There are bytes behind the end of the gzip body.");
    return plain;
}

QByteArray gzip(const QByteArray& plain)
{
    z_stream z{};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFraming, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&z, deflateEnd);
    QByteArray out(qsizetype(deflateBound(&z, uLong(plain.size()))), Qt::Uninitialized);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.constData()));
    z.avail_in = uInt(plain.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = uInt(out.size());
    deflate(&z, Z_FINISH);
    out.truncate(qsizetype(z.total_out));
    return out;
}

} // namespace wf
