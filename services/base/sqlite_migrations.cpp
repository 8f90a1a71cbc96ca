// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/sqlite.h"
#include <QCryptographicHash>

using namespace Qt::StringLiterals;

namespace wf::sql {

namespace {

QByteArray checksumOf(const Migration& migration)
{
    return QCryptographicHash::hash(QByteArrayView(migration.sql), QCryptographicHash::Sha256).toHex();
}

bool hasTable(Database& db, std::string_view name)
{
    Statement find = db.prepare("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?1");
    return find.bind(name).step();
}

} // namespace

// How many of the migrations the file has already; throws when it is not what these migrations would have made.
int Database::checkApplied(std::span<const Migration> migrations)
{
    if (!hasTable(*this, "schema_migrations")) {
        if (prepare("SELECT 1 FROM sqlite_master").step())
            raise(Fault::NewerSchema,
                u"%1 was not made by Watchfloor: it has tables but no list of migrations."_s.arg(m_name),
                u"The file was left as it is."_s, u"Move it away, or open the right profile folder."_s);
        return 0;
    }
    int applied = 0;
    Statement rows = prepare("SELECT number, name, checksum FROM schema_migrations ORDER BY number");
    while (rows.step()) {
        const int number = int(rows.integer(0));
        if (size_t(number) > migrations.size())
            raise(Fault::NewerSchema,
                u"%1 was written by a newer Watchfloor: it has migration %2 (%3), this program knows %4."_s.arg(m_name)
                    .arg(number)
                    .arg(rows.text(1))
                    .arg(migrations.size()),
                u"The file was left as it is."_s, u"Open the profile with the newer program."_s);
        if (number != applied + 1 || rows.blob(2) != checksumOf(migrations[size_t(applied)]))
            raise(Fault::NewerSchema,
                u"The schema of %1 was altered: migration %2 (%3) is not the one this program knows."_s.arg(m_name)
                    .arg(number)
                    .arg(rows.text(1)),
                u"The file was left as it is."_s,
                u"Open the profile with the program that wrote it, or restore a backup."_s);
        ++applied;
    }
    return applied;
}

void Database::migrate(std::span<const Migration> migrations)
{
    if (checkApplied(migrations) == int(migrations.size())) return;
    if (readOnly())
        raise(Fault::ReadOnly, u"%1 was written by an older Watchfloor and has to be migrated first."_s.arg(m_name),
            u"The file was left as it is."_s, u"Start the engine on this profile once."_s);
    for (;;) {
        Transaction transaction(*this, Transaction::Kind::Write);
        // Read again under the lock: another process may just have done it.
        const int applied = checkApplied(migrations);
        if (applied == int(migrations.size())) return;
        const Migration& next = migrations[size_t(applied)];
        exec("CREATE TABLE IF NOT EXISTS schema_migrations(number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum "
             "BLOB NOT NULL)");
        exec(next.sql);
        prepare("INSERT INTO schema_migrations VALUES(?1, ?2, ?3)")
            .run(next.number, std::string_view(next.name), checksumOf(next));
        transaction.commit();
    }
}

} // namespace wf::sql
