/**
 * A model as the server of a vfio-user socket, so that a machine emulator plugs it into a guest.
 * Source: QEMU {@code docs/interop/vfio-user.rst}.
 *
 * <p>Threading: each type says.
 */
@NullMarked
package io.asynctx.models.vfiouser;

import org.jspecify.annotations.NullMarked;
