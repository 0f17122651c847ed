package io.asynctx.launcher.bundle;

import org.osgi.service.log.LogEntry;
import org.osgi.service.log.LogListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Puts what bundles say to the OSGi log service (DS, Configuration Admin) into the one log. */
final class LogForwarder implements LogListener {
  @Override
  public void logged(LogEntry entry) {
    Level level =
        switch (entry.getLogLevel()) {
          case AUDIT, ERROR -> Level.ERROR;
          case WARN -> Level.WARN;
          case INFO -> Level.INFO;
          case DEBUG -> Level.DEBUG;
          case TRACE -> Level.TRACE;
        };
    Logger logger = LoggerFactory.getLogger("osgi." + entry.getBundle().getSymbolicName());
    logger.atLevel(level).setCause(entry.getException()).log(entry.getMessage());
  }
}
