// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the one way a port's reply reaches the GUI. Owner: items. Thread: make on the GUI thread; call from any.
#pragma once
#include "models/domain/ports.h"
#include <QCoreApplication>
#include <QPointer>

namespace wf {

/// A Reply that runs `then(Result<T>)` on the GUI thread, later, and only while receiver is alive. The receiver is
/// looked at on the GUI thread alone: a QPointer must not be read elsewhere, and the port must not know who waits for
/// it.
template <class T, class Receiver, class Then> Reply<T> posted(Receiver* receiver, Then then)
{
    return [guard = QPointer<Receiver>(receiver), then = std::move(then)](Result<T> result) {
        QCoreApplication* application = QCoreApplication::instance();
        if (!application) return; // the window is long gone; whoever answers late answers nobody
        QMetaObject::invokeMethod(
            application,
            [guard, then, result = std::move(result)]() mutable {
                if (guard) then(std::move(result));
            },
            Qt::QueuedConnection);
    };
}

} // namespace wf
