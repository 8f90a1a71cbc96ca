// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/assistant/evidence_drawer.h"
#include "ui/common/format.h"
#include <QJsonDocument>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextOption>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace wf {

namespace {
QString pretty(const QJsonObject& object)
{
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Indented)).trimmed();
}
} // namespace

EvidenceDrawer::EvidenceDrawer(QWidget* parent)
    : QWidget(parent)
    , m_header(new SectionHeader(u"Evidence"_s, this))
    , m_title(new SpanLabel(this))
    , m_note(new SpanLabel(this))
    , m_result(new QPlainTextEdit(this))
    , m_close(new QPushButton(u"Back to the claims"_s, this))
{
    setObjectName(u"assistant.drawer"_s);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(m_header);
    auto* box = new QVBoxLayout;
    box->setContentsMargins(14, 10, 14, 8);
    box->setSpacing(4);
    outer->addLayout(box, 1);
    m_title->setObjectName(u"assistant.drawer.title"_s);
    box->addWidget(m_title);
    for (const auto& [row, key] :
        {std::pair{&m_speaks, u"Speaks about"_s}, {&m_made, u"Gathered"_s}, {&m_digest, u"SHA-256"_s}}) {
        *row = new KeyValueRow(key, {}, this);
        box->addWidget(*row);
    }
    box->addWidget(m_note);
    m_result->setObjectName(u"assistant.drawer.result"_s);
    m_result->setAccessibleName(u"Query and result as recorded"_s);
    m_result->setReadOnly(true);
    m_result->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_result->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_result->setTabChangesFocus(true);
    m_result->setMinimumHeight(60);
    box->addWidget(m_result, 1);
    m_close->setObjectName(u"assistant.drawer.close"_s);
    m_close->setAutoDefault(false);
    box->addWidget(m_close, 0, Qt::AlignLeft);
    connect(m_close, &QPushButton::clicked, this, &EvidenceDrawer::closed);
}

void EvidenceDrawer::showEvidence(const Evidence& e, Zone zone)
{
    m_number = e.number;
    m_header->setTitle(u"Evidence "_s + e.label());
    m_header->setNote(QString(e.kind).replace(u'_', u' '));
    m_title->setSpans({strong(e.title)});
    const QString zoneName = zoneText(e.at, zone);
    m_speaks->setVisible(e.to != 0);
    m_speaks->setValue({figure(clockText(e.from, zone) + u"\u2013"_s + clockText(e.to, zone)), muted(u' ' + zoneName)});
    m_made->setValue({figure(clockText(e.at, zone)), muted(u' ' + zoneName)});
    m_digest->setValue({figure(e.sha256.left(16) + u'…')});
    m_digest->value()->setToolTip(e.sha256);
    // The digest is recomputed each time somebody looks: a snapshot that was tampered with must say so itself.
    const bool sealed = !e.sha256.isEmpty() && e.computeDigest() == e.sha256;
    m_note->setSpans(
        {sealed ? plain(u"✓ the snapshot matches its digest"_s, Role::Ok)
                : plain(u"✗ the snapshot does not match its digest: it supports nothing"_s, Role::BadText)});
    m_result->setFont(Theme::instance().mono(-1));
    m_result->setPlainText(
        u"result "_s + pretty(e.result) + u"\n\nquery "_s + pretty(e.query) + u"\n\nsha256 "_s + e.sha256);
    m_close->setFocus(Qt::OtherFocusReason);
}

void EvidenceDrawer::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        Q_EMIT closed();
    else
        QWidget::keyPressEvent(event);
}

} // namespace wf
