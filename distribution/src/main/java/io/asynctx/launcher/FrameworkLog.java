package io.asynctx.launcher;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the framework's own messages, which otherwise go to standard output. Public, with a public
 * method, because Felix finds it by reflection.
 */
public final class FrameworkLog {
  private static final Logger LOG = LoggerFactory.getLogger("org.apache.felix.framework");

  /**
   * Logs one message.
   *
   * @param level 1 error, 2 warning, 3 information, above that debug
   * @param message the text
   * @param cause may be null
   */
  public void log(int level, String message, @Nullable Throwable cause) {
    switch (level) {
      case 1 -> LOG.error(message, cause);
      case 2 -> LOG.warn(message, cause);
      case 3 -> LOG.info(message, cause);
      default -> LOG.debug(message, cause);
    }
  }
}
