cd $TMP; mkdir a b c
mount -t tmpfs tmpfs a; echo in a > a/f; ls a; grep " $TMP/a " /proc/mounts | grep -c '^tmpfs .* tmpfs rw'
mount --bind a b; cat b/f; echo more > b/g; cat a/g
mount -o remount,bind,ro b; echo no > b/h; echo yes > a/h; cat b/h
umount b; ls b; ls a
cd a; umount $TMP/a; cd ..; umount -l a; ls a
umount a; mount -t nosuchfs x a; mount -t tmpfs tmpfs /nonexistent; mount --bind /nonexistent a
mount -t tmpfs tmpfs a; mkdir a/sub; mount -t tmpfs tmpfs a/sub; echo deep > a/sub/f
mount --bind a b; ls b/sub; umount b; mount --rbind a b; ls b/sub; umount b/sub; ls a/sub; umount b
umount a; umount a/sub; umount a; ls a
# what one namespace mounts, another does not see
unshare -m sh -c 'mount -t tmpfs tmpfs c; echo x > c/x; ls c'; ls c
mount -t tmpfs tmpfs c; unshare -m sh -c 'umount c; ls -a c'; echo kept > c/f; cat c/f; umount c
# a file on a file
echo one > f1; echo two > f2; mount --bind f1 f2; cat f2; umount f2; cat f2
mount --bind f1 a; mount --bind a f1
# hard links stay inside one file system
mount -t tmpfs tmpfs a; ln f1 a/f1; mv f1 a/; ls a; cat a/f1; umount a
# pivot_root: what it refuses, and what it does
pivot_root a b; mkdir -p root/old
unshare -m sh -c 'pivot_root root root/old; mount --bind root root; pivot_root root b; cp -r /bin root; pivot_root root root/old; cd /; ls -d bin old old/proc; umount -l old; ls old'
unshare -m sh -c 'mount --bind root root; cd root; pivot_root . .; umount -l .; cd /; ls -d /bin /old; ls -d /proc'
# /dev
echo gone > /dev/null; cat /dev/null; head -n 1 /dev/null; [ -c /dev/null ] && [ -c /dev/zero ] && [ -c /dev/console ] && echo devices
mount | grep -c ' on /dev type devtmpfs'; mount | grep -c ' on /sys/fs/cgroup type cgroup2'
