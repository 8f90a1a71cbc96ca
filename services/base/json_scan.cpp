// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/json_scan.h"
#include <cstdint>

namespace wf {

namespace {
constexpr int kMaxDepth = 64;
constexpr size_t kMaxNames = 64; ///< one bit each

class Scanner {
public:
    Scanner(
        std::string_view row, const std::vector<std::string>& names, const std::function<bool(size_t, JsonText)>& found)
        : m_at(row.data())
        , m_end(row.data() + row.size())
        , m_names(names)
        , m_found(found)
    {
    }

    bool row(std::string& reason)
    {
        const uint64_t all = m_names.size() >= kMaxNames ? ~uint64_t(0) : (uint64_t(1) << m_names.size()) - 1;
        space();
        bool fine = peek() == '{' ? object(all, 0, 1) : error("the row is not a JSON object");
        space();
        if (fine && m_at != m_end) fine = error("text behind the object");
        reason = m_reason;
        return fine;
    }

private:
    bool error(const char* why)
    {
        m_reason = why;
        return false;
    }
    char peek() const { return m_at < m_end ? *m_at : '\0'; }
    void space()
    {
        while (m_at < m_end && (*m_at == ' ' || *m_at == '\t' || *m_at == '\r' || *m_at == '\n'))
            ++m_at;
    }

    // open: the names that agree with the path down to here; done: how many of their characters the path has used.
    bool object(uint64_t open, size_t done, int depth)
    {
        if (depth > kMaxDepth) return error("nested deeper than 64");
        ++m_at;
        space();
        if (peek() == '}') {
            ++m_at;
            return true;
        }
        while (true) {
            space();
            if (peek() != '"') return error("a member name is missing");
            JsonText key;
            if (!string(key)) return false;
            space();
            if (peek() != ':') return error("“:” is missing behind a member name");
            ++m_at;
            space();
            if (!member(key, open, done, depth)) return false;
            space();
            if (peek() == ',') {
                ++m_at;
                continue;
            }
            if (peek() != '}') return error("“,” or “}” is missing");
            ++m_at;
            return true;
        }
    }

    bool member(const JsonText& key, uint64_t open, size_t done, int depth)
    {
        uint64_t deeper = 0, here = 0;
        std::string plain;
        std::string_view name = key.text;
        if (open && key.escaped) {
            if (!unescapeJson(key.text, plain)) return error("a lone surrogate in a member name");
            name = plain;
        }
        for (uint64_t rest = open; rest; rest &= rest - 1) {
            const size_t i = size_t(__builtin_ctzll(rest));
            const std::string_view wanted = std::string_view(m_names[i]).substr(done);
            if (!wanted.starts_with(name)) continue;
            if (wanted.size() == name.size())
                here |= uint64_t(1) << i;
            else if (wanted[name.size()] == '.')
                deeper |= uint64_t(1) << i;
        }
        const char* begin = m_at;
        JsonText text;
        const bool quoted = peek() == '"';
        if (quoted ? !string(text) : !value(deeper, done + name.size() + 1, depth)) return false;
        if (!here) return true;
        if (here & m_seen) return error("a member is given twice");
        m_seen |= here;
        if (!quoted) text = {std::string_view(begin, size_t(m_at - begin)), false};
        if (!quoted && text.text == "null") return true;
        for (uint64_t rest = here; rest; rest &= rest - 1)
            if (!m_found(size_t(__builtin_ctzll(rest)), text)) return error("a lone surrogate in a string");
        return true;
    }

    bool value(uint64_t open, size_t done, int depth)
    {
        switch (peek()) {
        case '{':
            return object(open, done, depth + 1);
        case '[':
            return array(depth + 1);
        case '"': {
            JsonText ignored;
            return string(ignored);
        }
        case 't':
            return literal("true");
        case 'f':
            return literal("false");
        case 'n':
            return literal("null");
        default:
            return number();
        }
    }

    bool array(int depth)
    {
        if (depth > kMaxDepth) return error("nested deeper than 64");
        ++m_at;
        space();
        if (peek() == ']') {
            ++m_at;
            return true;
        }
        while (true) {
            space();
            if (!value(0, 0, depth)) return false;
            space();
            if (peek() == ',') {
                ++m_at;
                continue;
            }
            if (peek() != ']') return error("“,” or “]” is missing");
            ++m_at;
            return true;
        }
    }

    bool literal(std::string_view word)
    {
        if (size_t(m_end - m_at) < word.size() || std::string_view(m_at, word.size()) != word)
            return error("an unknown word");
        m_at += word.size();
        return true;
    }

    bool digits()
    {
        const char* begin = m_at;
        while (m_at < m_end && *m_at >= '0' && *m_at <= '9')
            ++m_at;
        return m_at > begin;
    }

    bool number()
    {
        if (peek() == '-') ++m_at;
        if (peek() == '0')
            ++m_at;
        else if (!digits())
            return error(m_at == m_end ? "the row ends too early" : "a value is missing or is not JSON");
        if (peek() == '.' && (++m_at, !digits())) return error("a number ends in “.”");
        if (peek() == 'e' || peek() == 'E') {
            ++m_at;
            if (peek() == '+' || peek() == '-') ++m_at;
            if (!digits()) return error("a number ends in its exponent's sign");
        }
        return true;
    }

    bool string(JsonText& out)
    {
        const char* begin = ++m_at;
        out.escaped = false;
        while (m_at < m_end) {
            const auto c = static_cast<unsigned char>(*m_at);
            if (c == '"') {
                out.text = {begin, size_t(m_at - begin)};
                ++m_at;
                return true;
            }
            if (c == '\\') {
                out.escaped = true;
                if (!escape()) return false;
            } else if (c < 0x20) {
                return error("a control character in a string");
            } else if (c < 0x80) {
                ++m_at;
            } else if (!utf8()) {
                return error("a string is not UTF-8");
            }
        }
        return error("a string is never closed");
    }

    bool escape()
    {
        if (m_end - m_at < 2) return error("a string is never closed");
        const char c = m_at[1];
        if (std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) {
            m_at += 2;
            return true;
        }
        if (c != 'u' || m_end - m_at < 6) return error("an unknown escape in a string");
        for (int i = 2; i < 6; ++i)
            if (std::string_view("0123456789abcdefABCDEF").find(m_at[i]) == std::string_view::npos)
                return error("an unknown escape in a string");
        m_at += 6;
        return true;
    }

    bool utf8()
    {
        const auto byte = [&](int i) { return m_at + i < m_end ? static_cast<unsigned char>(m_at[i]) : 0u; };
        const unsigned lead = byte(0), second = byte(1);
        const auto tail = [&](int i) { return (byte(i) & 0xc0) == 0x80; };
        int size = 0; // Unicode 15, table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF
        if (lead >= 0xc2 && lead <= 0xdf && tail(1))
            size = 2;
        else if (lead >= 0xe0 && lead <= 0xef && tail(1) && tail(2) && !(lead == 0xe0 && second < 0xa0)
            && !(lead == 0xed && second > 0x9f))
            size = 3;
        else if (lead >= 0xf0 && lead <= 0xf4 && tail(1) && tail(2) && tail(3) && !(lead == 0xf0 && second < 0x90)
            && !(lead == 0xf4 && second > 0x8f))
            size = 4;
        m_at += size;
        return size > 0;
    }

    const char* m_at;
    const char* m_end;
    const std::vector<std::string>& m_names;
    const std::function<bool(size_t, JsonText)>& m_found;
    uint64_t m_seen = 0;
    std::string m_reason;
};

uint32_t hex4(std::string_view digits)
{
    uint32_t v = 0;
    for (const char c : digits)
        v = v * 16 + uint32_t(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    return v;
}

void appendUtf8(uint32_t c, std::string& out)
{
    if (c < 0x80) {
        out += char(c);
    } else if (c < 0x800) {
        out += {char(0xc0 | (c >> 6)), char(0x80 | (c & 0x3f))};
    } else if (c < 0x10000) {
        out += {char(0xe0 | (c >> 12)), char(0x80 | ((c >> 6) & 0x3f)), char(0x80 | (c & 0x3f))};
    } else {
        out += {char(0xf0 | (c >> 18)), char(0x80 | ((c >> 12) & 0x3f)), char(0x80 | ((c >> 6) & 0x3f)),
            char(0x80 | (c & 0x3f))};
    }
}
} // namespace

bool scanJsonObject(std::string_view row, const std::vector<std::string>& names,
    const std::function<bool(size_t, JsonText)>& found, std::string& reason)
{
    return Scanner(row, names, found).row(reason);
}

bool unescapeJson(std::string_view text, std::string& out)
{
    static constexpr std::string_view from = "bfnrt", to = "\b\f\n\r\t";
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        const char c = text[++i];
        if (c != 'u') {
            const size_t known = from.find(c);
            out += known == std::string_view::npos ? c : to[known];
            continue;
        }
        uint32_t code = hex4(text.substr(i + 1, 4));
        i += 4;
        if (code >= 0xdc00 && code <= 0xdfff) return false;
        if (code >= 0xd800 && code <= 0xdbff) {
            if (text.substr(i + 1, 2) != "\\u") return false;
            const uint32_t low = hex4(text.substr(i + 3, 4));
            if (low < 0xdc00 || low > 0xdfff) return false;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            i += 6;
        }
        appendUtf8(code, out);
    }
    return true;
}

} // namespace wf
