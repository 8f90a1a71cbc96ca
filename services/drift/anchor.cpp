#include <QtCore/qglobal.h>
