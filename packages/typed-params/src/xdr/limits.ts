/**
 * Most parameters that libvirt's RPC takes for a migration, or gives for a job's statistics. To a migration's libvirt
 * itself may add three (`destination_xml`, `migrate_uri`, `destination_name`), so that 61 of one's own always fit.
 *
 * Source: libvirt, src/remote/remote_protocol.x, REMOTE_DOMAIN_MIGRATE_PARAM_LIST_MAX and
 * REMOTE_DOMAIN_JOB_STATS_MAX.
 */
export const MAX_WIRE_PARAMS = 64;

/** Longest string value on the wire, in UTF-8 bytes. Source: libvirt, remote_protocol.x, REMOTE_STRING_MAX. */
export const MAX_STRING_BYTES = 4_194_304;

/**
 * Longest message payload of libvirt's RPC, in bytes; what is longer no libvirt sends or takes.
 *
 * Source: libvirt, src/rpc/virnetprotocol.x, VIR_NET_MESSAGE_PAYLOAD_MAX.
 */
export const MAX_PAYLOAD_BYTES = 33_554_408;
